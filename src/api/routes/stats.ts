import { Hono } from "hono";
import { readConfig } from "../../config.ts";
import type { Registry } from "../../domain/registry.ts";
import type { SluiceEnv } from "../../env.ts";
import { fieldErrors } from "../../protocol/field-errors.ts";
import { SluiceError } from "../../protocol/sluice-error.ts";
import { statsQuerySchema } from "../../protocol/stats.ts";
import { methodNotAllowed } from "../method-not-allowed.ts";
import { tenantStats } from "../tenant-stats.ts";

interface StatsEnv {
  Bindings: SluiceEnv;
  Variables: { tenantId: string; registry: Registry };
}

export const statsRoutes = new Hono<StatsEnv>()
  .get("/", async (c) => {
    const query = statsQuerySchema.safeParse(c.req.query());
    if (!query.success) {
      const [first] = fieldErrors(query.error);
      throw new SluiceError("invalid_parameter", `${first?.pointer.slice(2)}: ${first?.detail}`);
    }
    const deployment = { env: c.env, config: readConfig(c.env), registry: c.get("registry") };
    return c.json(await tenantStats(deployment, c.get("tenantId"), query.data));
  })
  .all("/", methodNotAllowed("GET"));
