import { type Context, Hono } from "hono";
import { SCOPES } from "../../domain/grant.ts";
import type { SluiceEnv } from "../../env.ts";
import type { KeyList } from "../../protocol/key-view.ts";
import { pageQuerySchema } from "../../protocol/page-query.ts";
import { SluiceError } from "../../protocol/sluice-error.ts";
import { methodNotAllowed } from "../method-not-allowed.ts";
import { operator } from "../operator.ts";
import { parameters } from "../parameters.ts";
import { hasBody, readJson } from "../read-json.ts";
import { readQuery } from "../read-query.ts";
import { TenantKeys } from "../tenant-keys.ts";
import { Tenants } from "../tenants.ts";
import { MOST_KEY_BYTES } from "./keys.ts";

interface OperatorEnv {
  Bindings: SluiceEnv;
  Variables: { baseUrl: string };
}

const MOST_BODY_BYTES = 4_096;
/** The operator may hand out any key. */
const EVERYTHING = { scopes: SCOPES, types: null, expiresAt: null };

/** The operator's routes: tenants, and the keys of each. */
export const tenantRoutes = new Hono<OperatorEnv>()
  .post("/", operator, parameters(), async (c) => {
    const tenant = await tenants(c).create(await readJson(c, MOST_BODY_BYTES));
    return c.json(tenant, 201, { Location: `${c.get("baseUrl")}/v1/tenants/${tenant.id}` });
  })
  .get("/", operator, async (c) => {
    const query = readQuery(c, pageQuerySchema);
    return c.json(await tenants(c).list(query.cursor ?? "", query.limit));
  })
  .all("/", operator, methodNotAllowed("GET, POST"))
  .get("/:tenantId", operator, parameters(), async (c) => c.json(await tenants(c).get(c.req.param("tenantId"))))
  .patch("/:tenantId", operator, parameters(), async (c) =>
    c.json(await tenants(c).change(c.req.param("tenantId"), await readJson(c, MOST_BODY_BYTES))),
  )
  .delete("/:tenantId", operator, parameters(), async (c) =>
    c.json(await tenants(c).delete(c.req.param("tenantId")), 202),
  )
  .all("/:tenantId", operator, methodNotAllowed("GET, PATCH, DELETE"))
  .post("/:tenantId/suspend", operator, parameters(), async (c) =>
    c.json(await tenants(c).suspend(c.req.param("tenantId"))),
  )
  .all("/:tenantId/suspend", operator, methodNotAllowed("POST"))
  .post("/:tenantId/resume", operator, parameters(), async (c) =>
    c.json(await tenants(c).resume(c.req.param("tenantId"))),
  )
  .all("/:tenantId/resume", operator, methodNotAllowed("POST"))
  .get("/:tenantId/keys", operator, parameters(), async (c) =>
    c.json({ data: await (await keysOf(c, c.req.param("tenantId"))).list() } satisfies KeyList),
  )
  .post("/:tenantId/keys", operator, parameters(), async (c) => {
    const keys = await keysOf(c, c.req.param("tenantId"));
    return c.json(await keys.create(await readJson(c, MOST_KEY_BYTES)), 201);
  })
  .all("/:tenantId/keys", operator, methodNotAllowed("GET, POST"))
  .delete("/:tenantId/keys/:id", operator, parameters(), async (c) => {
    await (await keysOf(c, c.req.param("tenantId"))).revoke(c.req.param("id"));
    return c.body(null, 204);
  })
  .all("/:tenantId/keys/:id", operator, methodNotAllowed("DELETE"))
  .post("/:tenantId/keys/:id/rotate", operator, parameters(), async (c) => {
    const keys = await keysOf(c, c.req.param("tenantId"));
    const body = hasBody(c) ? await readJson(c, MOST_KEY_BYTES) : {};
    return c.json(await keys.rotate(c.req.param("id"), body), 201);
  })
  .all("/:tenantId/keys/:id/rotate", operator, methodNotAllowed("POST"))
  // Nothing below is a tenant's: it must not be asked for a tenant's key.
  .all("/*", operator, () => {
    throw new SluiceError("not_found", "There is no such route");
  });

function tenants(c: Context<OperatorEnv>): Tenants {
  return new Tenants(c.env);
}

async function keysOf(c: Context<OperatorEnv>, tenantId: string): Promise<TenantKeys> {
  await tenants(c).assertUsable(tenantId);
  return new TenantKeys(c.env, tenantId, EVERYTHING);
}
