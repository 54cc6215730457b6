/** Names that mean something else on a service binding, or on any object. */
const RESERVED = new Set(["fetch", "connect", "dup", "constructor", "then", "queue", "scheduled", "alarm", "tail"]);

/** Whether an entry point's method of this name can be called by RPC. */
export function isServiceMethod(name: string): boolean {
  return /^[a-zA-Z][a-zA-Z0-9_]{0,99}$/.test(name) && !RESERVED.has(name);
}
