import { type Context, Hono } from "hono";
import type { KeyList } from "../../protocol/key-view.ts";
import type { TenantRouteEnv } from "../deployment-of.ts";
import { requires } from "../guards.ts";
import { methodNotAllowed } from "../method-not-allowed.ts";
import { parameters } from "../parameters.ts";
import { hasBody, readJson } from "../read-json.ts";
import { TenantKeys } from "../tenant-keys.ts";

/** What is larger than this holds no 50 types. */
export const MOST_KEY_BYTES = 16_384;

/** A tenant's own keys: who has one with the scope `manage` hands out others that may do no more. */
export const keyRoutes = new Hono<TenantRouteEnv>()
  .get("/", requires("manage"), parameters(), async (c) => c.json({ data: await keysOf(c).list() } satisfies KeyList))
  .post("/", requires("manage"), parameters(), async (c) =>
    c.json(await keysOf(c).create(await readJson(c, MOST_KEY_BYTES)), 201),
  )
  .all("/", methodNotAllowed("GET, POST"))
  .delete("/:id", requires("manage"), parameters(), async (c) => {
    await keysOf(c).revoke(c.req.param("id"));
    return c.body(null, 204);
  })
  .all("/:id", methodNotAllowed("DELETE"))
  .post("/:id/rotate", requires("manage"), parameters(), async (c) => {
    const body = hasBody(c) ? await readJson(c, MOST_KEY_BYTES) : {};
    return c.json(await keysOf(c).rotate(c.req.param("id"), body), 201);
  })
  .all("/:id/rotate", methodNotAllowed("POST"));

function keysOf(c: Context<TenantRouteEnv>): TenantKeys {
  return new TenantKeys(c.env, c.get("tenantId"), c.get("caller").grant);
}
