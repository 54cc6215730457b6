import { Hono } from "hono";
import { readConfig } from "../../config.ts";
import type { Registry } from "../../domain/registry.ts";
import type { SluiceEnv } from "../../env.ts";
import { methodNotAllowed } from "../method-not-allowed.ts";
import { operator } from "../operator.ts";
import { operatorMetrics } from "../operator-metrics.ts";
import { parameters } from "../parameters.ts";
import { prometheusText } from "../prometheus-text.ts";

interface MetricsEnv {
  Bindings: SluiceEnv;
  Variables: { registry: Registry };
}

const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** What Prometheus scrapes: for the operator of the deployment, across its tenants. */
export const metricsRoutes = new Hono<MetricsEnv>()
  .get("/", operator, parameters(), async (c) => {
    const deployment = { env: c.env, config: readConfig(c.env), registry: c.get("registry") };
    const metrics = await operatorMetrics(deployment, Date.now());
    return c.text(prometheusText(metrics), 200, { "Content-Type": CONTENT_TYPE });
  })
  .all("/", operator, methodNotAllowed("GET"));
