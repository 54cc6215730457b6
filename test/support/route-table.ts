import type { Hono } from "hono";
import { type Guard, guardOf } from "../../src/api/guards.ts";

/** A route of the API, as the app itself knows it. */
export interface Route {
  readonly method: string;
  readonly path: string;
  /** Whom its first handler lets through; undefined when it is no guard. */
  readonly guard: Guard | undefined;
}

/** All routes below `/v1` of an app; what answers every method, as middleware does, is none. */
export function routesOf({ routes }: Pick<Hono, "routes">): Route[] {
  const first = new Map<string, Route>();
  for (const { method, path, handler } of routes) {
    const name = `${method} ${path}`;
    if (method === "ALL" || !path.startsWith("/v1/") || first.has(name)) continue;
    first.set(name, { method, path, guard: guardOf(handler) });
  }
  return [...first.values()];
}

/** What answers every method of a path: middleware, and `methodNotAllowed`. */
export function catchAllsOf({ routes }: Pick<Hono, "routes">): { path: string; handler: Function }[] {
  return routes.filter(({ method, path }) => method === "ALL" && path.startsWith("/v1/"));
}
