import type { Handler } from "./handler.ts";

/** The handlers of a deployment, by type. */
export type Registry = ReadonlyMap<string, Handler>;

/** The payload and result of each type, for typed callers: `Jobs<typeof handlers>`. */
export type Jobs<Handlers extends readonly Handler[]> = {
  [H in Handlers[number] as H["type"]]: H extends Handler<string, infer Payload, infer Result>
    ? { payload: Payload; result: Result }
    : never;
};

/** @throws Error when two handlers have the same type: which one runs must not depend on their order. */
export function createRegistry(handlers: readonly Handler[]): Registry {
  const registry = new Map<string, Handler>();
  for (const handler of handlers) {
    if (registry.has(handler.type)) throw new Error(`Two handlers have the type "${handler.type}"`);
    registry.set(handler.type, handler);
  }
  return registry;
}
