import { isReservedType } from "./callback.ts";
/**
 * @param builtIn Sluice's own handlers
 * @throws Error when two handlers have the same type, as which one runs must not depend on their order; or when one has
 *   a type that is reserved for Sluice's own
 */
export function createRegistry(handlers, builtIn = []) {
  const reserved = handlers.find(({ type }) => isReservedType(type));
  if (reserved) throw new Error(`"${reserved.type}" is reserved: types that begin with "sluice." are Sluice's own`);
  const registry = new Map();
  for (const handler of [...builtIn, ...handlers]) {
    if (registry.has(handler.type)) throw new Error(`Two handlers have the type "${handler.type}"`);
    registry.set(handler.type, handler);
  }
  return registry;
}
