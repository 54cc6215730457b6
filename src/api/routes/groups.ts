import { type Context, Hono } from "hono";
import { groupListQuerySchema } from "../../protocol/group-list-query.ts";
import { deploymentOf, type TenantRouteEnv } from "../deployment-of.ts";
import { requires } from "../guards.ts";
import { methodNotAllowed } from "../method-not-allowed.ts";
import { parameters } from "../parameters.ts";
import { readQuery } from "../read-query.ts";
import { TenantGroups } from "../tenant-groups.ts";

export const groupRoutes = new Hono<TenantRouteEnv>()
  .get("/", requires("jobs:read"), async (c) => c.json(await groups(c).list(readQuery(c, groupListQuerySchema))))
  .all("/", methodNotAllowed("GET"))
  .get("/:id", requires("jobs:read"), parameters(), async (c) => c.json(await groups(c).get(c.req.param("id"))))
  .all("/:id", methodNotAllowed("GET"))
  .post("/:id/cancel", requires("jobs:write"), parameters(), async (c) =>
    c.json(await groups(c).cancel(c.req.param("id")), 202),
  )
  .all("/:id/cancel", methodNotAllowed("POST"));

function groups(c: Context<TenantRouteEnv>): TenantGroups {
  return new TenantGroups(deploymentOf(c), c.get("tenantId"), c.get("caller").grant.types);
}
