import type { BatchHandler } from "./batch-handler.ts";
import { isReservedType } from "./callback.ts";
import type { Handler } from "./handler.ts";

/** The handlers of a deployment, by type. */
export type Registry = ReadonlyMap<string, AnyHandler>;

/** Whatever runs jobs of a type. */
export type AnyHandler = Handler | BatchHandler;

/** Whether it runs many jobs at a time. */
export function isBatchHandler(handler: AnyHandler): handler is BatchHandler {
  return "maxBatch" in handler;
}

/** The payload and result of each type, for typed callers: `Jobs<typeof handlers>`. */
export type Jobs<Handlers extends readonly AnyHandler[]> = {
  [H in Handlers[number] as H["type"]]: H extends Handler<string, infer Payload, infer Result>
    ? { payload: Payload; result: Result }
    : H extends BatchHandler<string, infer Payload, infer Result>
      ? { payload: Payload; result: Result }
      : never;
};

/**
 * @param builtIn Sluice's own handlers
 * @throws Error when two handlers have the same type, as which one runs must not depend on their order; or when one has
 *   a type that is reserved for Sluice's own
 */
export function createRegistry(handlers: readonly AnyHandler[], builtIn: readonly AnyHandler[] = []): Registry {
  const reserved = handlers.find(({ type }) => isReservedType(type));
  if (reserved) throw new Error(`"${reserved.type}" is reserved: types that begin with "sluice." are Sluice's own`);
  const registry = new Map<string, AnyHandler>();
  for (const handler of [...builtIn, ...handlers]) {
    if (registry.has(handler.type)) throw new Error(`Two handlers have the type "${handler.type}"`);
    registry.set(handler.type, handler);
  }
  return registry;
}
