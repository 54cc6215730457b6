import type { MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";
import { missingScopes, type Scope } from "../domain/grant.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import type { Caller } from "./authenticate.ts";

/** Who may call a route: who has a key with this scope, or the operator of the deployment. */
export type Guard = Scope | "operator";

const guards = new WeakMap<object, Guard>();
const ofReaders = new WeakSet();

/**
 * The first handler of each route of a tenant: takes only keys with this scope, and sets `tenantId`, without which no
 * route can do anything.
 * @param orReader also takes the read token of the job that the parameter `id` names
 */
export function requires(scope: Scope, { orReader = false } = {}) {
  const guard = createMiddleware<{ Variables: { caller: Caller; tenantId: string } }>(async (c, next) => {
    const { grant, tenantId, readsJob } = c.get("caller");
    const isReader = orReader && readsJob !== null && readsJob === c.req.param("id");
    if (!isReader && missingScopes(grant, [scope]).length > 0) throw insufficientScope([scope]);
    c.set("tenantId", tenantId);
    await next();
  });
  guards.set(guard, scope);
  if (orReader) ofReaders.add(guard);
  return guard;
}

/** Says of a middleware that it lets nobody through but these. */
export function guardedBy<Middleware extends MiddlewareHandler>(guard: Guard, middleware: Middleware): Middleware {
  guards.set(middleware, guard);
  return middleware;
}

/** Whom a handler of the app lets through; undefined when it is no guard. */
export function guardOf(handler: object): Guard | undefined {
  return guards.get(handler);
}

/** Whether a guard also lets through who has the read token of the job. */
export function admitsReaders(handler: object): boolean {
  return ofReaders.has(handler);
}

/** A key lacks scopes (RFC 6750 §3.1). */
export function insufficientScope(scopes: readonly Scope[]): SluiceError {
  const listed = scopes.join(" ");
  return new SluiceError("insufficient_scope", `The API key has not the scope ${listed}`, {
    headers: { "WWW-Authenticate": `Bearer realm="sluice", error="insufficient_scope", scope="${listed}"` },
  });
}
