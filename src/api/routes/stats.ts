import { Hono } from "hono";
import { fieldErrors } from "../../protocol/field-errors.ts";
import { SluiceError } from "../../protocol/sluice-error.ts";
import { statsQuerySchema } from "../../protocol/stats.ts";
import { deploymentOf, type TenantRouteEnv } from "../deployment-of.ts";
import { requires } from "../guards.ts";
import { methodNotAllowed } from "../method-not-allowed.ts";
import { tenantStats } from "../tenant-stats.ts";

export const statsRoutes = new Hono<TenantRouteEnv>()
  .get("/", requires("jobs:read"), async (c) => {
    const query = statsQuerySchema.safeParse(c.req.query());
    if (!query.success) {
      const [first] = fieldErrors(query.error);
      throw new SluiceError("invalid_parameter", `${first?.pointer.slice(2)}: ${first?.detail}`);
    }
    return c.json(await tenantStats(deploymentOf(c), c.get("tenantId"), query.data));
  })
  .all("/", methodNotAllowed("GET"));
