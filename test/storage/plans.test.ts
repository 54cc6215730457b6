import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { newJobId } from "../../src/protocol/new-job-id.ts";
import {
  advancePlan,
  cancelPlan,
  confirmPlan,
  findRunningPlans,
  insertPlan,
  listPlans,
  MOST_OPEN_PLANS,
  MOST_RUNNING_PLANS,
  type NewPlan,
  type PlanAdvance,
  readPlan,
} from "../../src/storage/plans.ts";
import type { PlanRow } from "../../src/storage/schema/plans.ts";
import { meterD1 } from "../support/metered-d1.ts";
import { createTenant } from "../support/tenants.ts";

const DAY = 86_400_000;
const NOW = Date.now();
let tenantId: string;

beforeEach(async () => {
  tenantId = (await createTenant()).id;
});

function newPlan(overrides: Partial<NewPlan> = {}): NewPlan {
  const counted = { count: 10, countedAll: 1, truncated: 0, createdAt: NOW };
  return { tenantId, id: newJobId(), action: "replay", filter: "{}", place: "", ...counted, ...overrides };
}

async function running(overrides: Partial<NewPlan> = {}): Promise<PlanRow> {
  const plan = newPlan(overrides);
  expect(await insertPlan(env.DB, plan)).toBe(true);
  return (await confirmPlan(env.DB, plan, 10, NOW))!;
}

const step = (overrides: Partial<PlanAdvance>): PlanAdvance => ({
  place: null,
  done: 0,
  failed: 0,
  skipped: 0,
  lastFailure: null,
  truncated: false,
  ...overrides,
});

describe("a plan's row", () => {
  it("counts a step once, whoever else has made it too", async () => {
    const plan = await running();
    const failure = { jobId: "job", code: "unknown_type", detail: "gone" };
    const first = step({ place: "1", done: 3, failed: 1, lastFailure: failure });
    const next = await advancePlan(env.DB, plan, first, NOW);
    expect(next).toMatchObject({ state: "running", place: "1", done: 3, failed: 1 });
    expect(JSON.parse(next!.lastFailure!)).toEqual(failure);
    expect(await advancePlan(env.DB, plan, first, NOW)).toBeNull();
    const last = await advancePlan(env.DB, next!, step({ done: 4 }), NOW + 1);
    expect(last).toMatchObject({ state: "finished", done: 7, failed: 1, skipped: 2, finishedAt: NOW + 1 });
    expect(await advancePlan(env.DB, next!, step({ done: 4 }), NOW + 1)).toBeNull();
  });

  it("has skipped what it did not find any more, if all was counted", async () => {
    const some = await running({ countedAll: 0, count: 10 });
    expect(await advancePlan(env.DB, some, step({ done: 4, skipped: 1 }), NOW)).toMatchObject({ skipped: 1 });
    const cut = await running({ count: 10 });
    expect(await advancePlan(env.DB, cut, step({ done: 4, truncated: true }), NOW)).toMatchObject({
      state: "finished",
      skipped: 0,
      truncated: 1,
    });
    const more = await running({ count: 10 });
    expect(await advancePlan(env.DB, more, step({ done: 12, skipped: 1 }), NOW)).toMatchObject({ skipped: 1 });
  });

  it("counts the step that was under way when it was cancelled, and stays cancelled", async () => {
    const plan = await running();
    await cancelPlan(env.DB, plan, NOW + 1);
    for (const place of ["1", null]) {
      const now = (await readPlan(env.DB, plan))!;
      expect(await advancePlan(env.DB, now, step({ place, done: 2 }), NOW + 2)).toMatchObject({
        state: "cancelled",
        finishedAt: NOW + 1,
      });
      expect(await advancePlan(env.DB, now, step({ place, done: 2 }), NOW + 2)).toBeNull();
    }
    expect(await readPlan(env.DB, plan)).toMatchObject({ done: 4, skipped: 0 });
  });

  it("is confirmed once, and within a day", async () => {
    const plan = newPlan();
    await insertPlan(env.DB, plan);
    expect(await confirmPlan(env.DB, plan, 7, NOW)).toMatchObject({ state: "running", perSecond: 7, confirmedAt: NOW });
    expect(await confirmPlan(env.DB, plan, 9, NOW)).toBeNull();
    const old = newPlan();
    await insertPlan(env.DB, old);
    expect(await confirmPlan(env.DB, old, 7, NOW + DAY)).toBeNull();
    const dropped = newPlan();
    await insertPlan(env.DB, dropped);
    expect(await cancelPlan(env.DB, dropped, NOW)).toMatchObject({ state: "cancelled" });
    expect(await cancelPlan(env.DB, dropped, NOW)).toBeNull();
    expect(await confirmPlan(env.DB, dropped, 7, NOW)).toBeNull();
  });

  it("is not moved on before it is confirmed, nor by another tenant", async () => {
    const plan = newPlan();
    await insertPlan(env.DB, plan);
    expect(await advancePlan(env.DB, plan, step({ done: 1 }), NOW)).toBeNull();
    await cancelPlan(env.DB, plan, NOW);
    expect(await advancePlan(env.DB, plan, step({ done: 1 }), NOW)).toBeNull();
    const foreign = { ...(await running()), tenantId: (await createTenant()).id };
    expect(await advancePlan(env.DB, foreign, step({ done: 1 }), NOW)).toBeNull();
    expect(await cancelPlan(env.DB, foreign, NOW)).toBeNull();
    expect(await readPlan(env.DB, foreign)).toBeNull();
  });
});

describe("a tenant's plans", () => {
  it("are so many at most that are open, and so many that run", async () => {
    for (let made = 0; made < MOST_RUNNING_PLANS; made++) await running();
    const waiting = newPlan();
    await insertPlan(env.DB, waiting);
    expect(await confirmPlan(env.DB, waiting, 10, NOW)).toBeNull();
    for (let made = MOST_RUNNING_PLANS + 1; made < MOST_OPEN_PLANS; made++) {
      expect(await insertPlan(env.DB, newPlan())).toBe(true);
    }
    expect(await insertPlan(env.DB, newPlan())).toBe(false);
    await cancelPlan(env.DB, waiting, NOW);
    expect(await insertPlan(env.DB, newPlan())).toBe(true);
    // Those that nobody has confirmed in time are over.
    expect(await insertPlan(env.DB, newPlan({ createdAt: NOW + DAY }))).toBe(true);
  });

  it("are kept, the newest fifty of those that are over, and cost a few rows", async () => {
    const open = newPlan({ action: "cancel" });
    await insertPlan(env.DB, open);
    const made: string[] = [];
    for (let count = 0; count < 60; count++) {
      const plan = newPlan();
      await insertPlan(env.DB, plan);
      await cancelPlan(env.DB, plan, NOW);
      made.push(plan.id);
    }
    const meter = meterD1(env.DB);
    await insertPlan(meter.db, newPlan({ action: "cancel" }));
    expect(meter.costs.map(({ written }) => written)).toEqual([1, 1]);
    expect(meter.total().read).toBeLessThanOrEqual(300);
    const kept = (await listPlans(env.DB, tenantId, "replay")).map(({ id }) => id);
    expect(kept).toEqual(made.slice(10).toReversed());
    expect(await listPlans(env.DB, tenantId, "cancel")).toHaveLength(2);
  });

  it("are moved on by one row, and found by a few while they run", async () => {
    const plan = newPlan();
    await insertPlan(env.DB, plan);
    const meter = meterD1(env.DB);
    const running = (fields: string) => `UPDATE plans SET ${fields} WHERE tenant_id = ?1 AND id = ?2`;
    await env.DB.prepare(running("state = 'running', per_second = 10, confirmed_at = 1")).bind(tenantId, plan.id).run();
    expect(await findRunningPlans(meter.db, { tenantId, id: "" }, 1)).toEqual([{ tenantId, id: plan.id }]);
    expect(meter.total().read).toBeLessThanOrEqual(4);
    expect(await findRunningPlans(env.DB, { tenantId, id: plan.id }, 1)).not.toContainEqual({ tenantId, id: plan.id });
    const row = (await readPlan(env.DB, plan))!;
    await advancePlan(env.DB, row, step({ place: "1", done: 1 }), NOW);
    await cancelPlan(env.DB, plan, NOW);
    expect(await findRunningPlans(env.DB, { tenantId, id: "" }, 1)).not.toContainEqual({ tenantId, id: plan.id });
  });
});
