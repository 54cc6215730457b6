import { waitUntil } from "cloudflare:workers";
import { type Context, Hono } from "hono";
import type { z } from "zod";
import type { PlanAction } from "../../domain/plan.ts";
import { log } from "../../log.ts";
import {
  cancellationFilterSchema,
  confirmRequestSchema,
  type PlanFilter,
  replayFilterSchema,
} from "../../protocol/plans.ts";
import type { PlanRef } from "../../storage/plans.ts";
import { checkedRequest } from "../checked-request.ts";
import type { Deployment } from "../deployment.ts";
import { deploymentOf, type TenantRouteEnv } from "../deployment-of.ts";
import { requires } from "../guards.ts";
import { methodNotAllowed } from "../method-not-allowed.ts";
import { parameters } from "../parameters.ts";
import { hasBody, readJson } from "../read-json.ts";
import { runPlan } from "../run-plan.ts";
import { TenantPlans } from "../tenant-plans.ts";

const MOST_BODY_BYTES = 4_096;
/** Steps that are made as soon as a plan is confirmed, so that a small one is done at once. */
const FIRST_STEPS = 5;

export const replayRoutes = planRoutes("replay", "replays", replayFilterSchema);
export const cancellationRoutes = planRoutes("cancel", "cancellations", cancellationFilterSchema);

function planRoutes(action: PlanAction, resource: string, filterSchema: z.ZodType<PlanFilter>) {
  const plans = (c: Context<TenantRouteEnv>) =>
    new TenantPlans(deploymentOf(c), c.get("tenantId"), action, c.get("caller").grant.types);
  return new Hono<TenantRouteEnv>()
    .post("/", requires("jobs:write"), parameters(), async (c) => {
      const plan = await plans(c).plan(checkedRequest(filterSchema, await readJson(c, MOST_BODY_BYTES)));
      return c.json(plan, 201, { Location: `${c.get("baseUrl")}/v1/${resource}/${plan.id}` });
    })
    .get("/", requires("jobs:read"), parameters(), async (c) => c.json({ data: await plans(c).list() }))
    .all("/", methodNotAllowed("GET, POST"))
    .get("/:id", requires("jobs:read"), parameters(), async (c) => c.json(await plans(c).get(c.req.param("id"))))
    .all("/:id", methodNotAllowed("GET"))
    .post("/:id/confirm", requires("jobs:write"), parameters(), async (c) => {
      const body = hasBody(c) ? await readJson(c, MOST_BODY_BYTES) : {};
      const { perSecond } = checkedRequest(confirmRequestSchema, body);
      const { view, started } = await plans(c).confirm(c.req.param("id"), perSecond);
      if (started) waitUntil(begin(deploymentOf(c), { tenantId: c.get("tenantId"), id: view.id }));
      return c.json(view, 202);
    })
    .all("/:id/confirm", methodNotAllowed("POST"))
    .post("/:id/cancel", requires("jobs:write"), parameters(), async (c) =>
      c.json(await plans(c).cancel(c.req.param("id"))),
    )
    .all("/:id/cancel", methodNotAllowed("POST"));
}

// The cron trigger makes up for what is not done here.
async function begin(deployment: Deployment, plan: PlanRef): Promise<void> {
  try {
    await runPlan(deployment, plan, { now: Date.now(), steps: FIRST_STEPS });
  } catch (error) {
    log.warn("a plan was interrupted", { ...plan, error });
  }
}
