import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createRegistry } from "../../src/domain/registry.ts";
import { runPlans } from "../../src/maintenance/run-plans.ts";
import { confirmPlan, type PlanRef, readPlan } from "../../src/storage/plans.ts";
import { apiOf } from "../support/api.ts";
import { finishedJobs } from "../support/finished-jobs.ts";
import { handlers } from "../support/handlers.ts";
import { countJobs } from "../support/stored-jobs.ts";
import { createTenant } from "../support/tenants.ts";
import sluice from "../support/worker.ts";

const registry = createRegistry(handlers);

beforeEach(async () => {
  await env.DB.prepare("DELETE FROM chores").run();
  await env.DB.prepare("UPDATE plans SET state = 'cancelled', finished_at = 1 WHERE state = 'running'").run();
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** A plan of a new tenant's, confirmed as if the first steps had been cut short. */
async function runningPlan(failed: number): Promise<PlanRef> {
  const tenant = await createTenant();
  await finishedJobs(tenant.id, failed);
  const { body } = await apiOf(tenant).post("/v1/replays", { type: "noop" });
  const plan = { tenantId: tenant.id, id: body.id };
  expect(await confirmPlan(env.DB, plan, 10, Date.now())).not.toBeNull();
  return plan;
}

const runningPlans = (count: number) => Promise.all(Array.from({ length: count }, () => runningPlan(3)));
const stateOf = async (plan: PlanRef) => (await readPlan(env.DB, plan))?.state;

describe("the cron trigger", () => {
  it("makes up for a plan whose first steps were cut short", async () => {
    const plan = await runningPlan(3);
    await sluice.scheduled({ scheduledTime: Date.now() } as ScheduledController, env);
    expect(await readPlan(env.DB, plan)).toMatchObject({ state: "finished", done: 3 });
  });

  it("carries on the others when a plan fails", async () => {
    const [first, second, third] = [await runningPlan(30), await runningPlan(30), await runningPlan(30)];
    await env.DB.prepare("UPDATE plans SET filter = 'broken' WHERE tenant_id = ?1").bind(second.tenantId).run();
    const logged = vi.spyOn(console, "error").mockReturnValue();
    await runPlans(env, Date.now(), registry);
    expect(logged).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("a plan was interrupted"));
    expect(await readPlan(env.DB, first)).toMatchObject({ state: "finished", done: 30 });
    expect(await readPlan(env.DB, third)).toMatchObject({ state: "finished", done: 30 });
    expect(await countJobs(second.tenantId)).toBe(30);
  });

  it("has ten plans take their turn in a tick, and those after them in the next", async () => {
    const plans = await runningPlans(13);
    const now = Date.now();
    const finished = async () => (await Promise.all(plans.map(stateOf))).filter((state) => state === "finished").length;
    await runPlans(env, now, registry);
    expect(await finished()).toBe(10);
    await runPlans(env, now + 60_000, registry);
    expect(await finished()).toBe(13);
  });

  it("writes nothing while no plan runs", async () => {
    await runPlans(env, Date.now(), registry);
    expect(await env.DB.prepare("SELECT count(*) AS n FROM chores").first("n")).toBe(0);
  });
});
