import { Hono } from "hono";
import { statsQuerySchema } from "../../protocol/stats.ts";
import { deploymentOf, type TenantRouteEnv } from "../deployment-of.ts";
import { requires } from "../guards.ts";
import { methodNotAllowed } from "../method-not-allowed.ts";
import { readQuery } from "../read-query.ts";
import { tenantStats } from "../tenant-stats.ts";

export const statsRoutes = new Hono<TenantRouteEnv>()
  .get("/", requires("jobs:read"), async (c) => {
    const query = readQuery(c, statsQuerySchema);
    return c.json(await tenantStats(deploymentOf(c), c.get("tenantId"), query));
  })
  .all("/", methodNotAllowed("GET"));
