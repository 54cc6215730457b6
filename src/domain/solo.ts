import { type AnyHandler, isBatchHandler } from "./registry.ts";

/** Jobs that run longer than this do not share a queue message: they would hold back those beside them. */
const SHORT_MS = 30_000;

/** Whether jobs of this type must not share a queue message. */
export function isSolo(handler: AnyHandler): boolean {
  return handler.timeoutMs > SHORT_MS || (!isBatchHandler(handler) && handler.perBatch !== undefined);
}
