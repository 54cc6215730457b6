import type { Handler } from "./handler.ts";

/** Jobs that run longer than this do not share a queue message: they would hold back those beside them. */
const SHORT_MS = 30_000;

/** Whether jobs of this type must not share a queue message. */
export function isSolo({ timeoutMs, perBatch }: Handler): boolean {
  return timeoutMs > SHORT_MS || perBatch !== undefined;
}
