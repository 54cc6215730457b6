import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it } from "vitest";
import type { Deployment } from "../../src/api/deployment.ts";
import { firstPlace } from "../../src/api/plan-match.ts";
import { runPlan } from "../../src/api/run-plan.ts";
import { readConfig, type TenantLimits } from "../../src/config.ts";
import { MOST_JOBS_PER_PLAN, type PlanAction } from "../../src/domain/plan.ts";
import { createRegistry } from "../../src/domain/registry.ts";
import { newJobId } from "../../src/protocol/new-job-id.ts";
import type { PlanFilter } from "../../src/protocol/plans.ts";
import { cancelPlan, confirmPlan, insertPlan, type PlanRef, readPlan } from "../../src/storage/plans.ts";
import { apiOf } from "../support/api.ts";
import { brokenEnv } from "../support/broken-env.ts";
import { finishedJobs } from "../support/finished-jobs.ts";
import { handlers } from "../support/handlers.ts";
import { releaseHeldJobs, runHeldJob } from "../support/held-jobs.ts";
import { meterD1 } from "../support/metered-d1.ts";
import { setRow, statesOf } from "../support/rows.ts";
import { countJobs, storedObjects } from "../support/stored-jobs.ts";
import { createTenant } from "../support/tenants.ts";

afterEach(releaseHeldJobs);

const registry = createRegistry(handlers);
const deployment: Deployment = { env, config: readConfig(env), registry };
const under = (broken: Deployment["env"]): Deployment => ({ env: broken, config: readConfig(env), registry });

interface Planned extends PlanRef {
  readonly confirmedAt: number;
}

async function confirmed(
  tenantId: string,
  count: number,
  { perSecond = 100, action = "replay" }: { perSecond?: number; action?: PlanAction } = {},
): Promise<Planned> {
  const full: PlanFilter = { queue: "default", ...(action === "replay" && { state: "failed" }) };
  const now = Date.now();
  const plan = { tenantId, id: newJobId(), action, filter: JSON.stringify(full), place: firstPlace(full), count };
  await insertPlan(env.DB, { ...plan, countedAll: 1, truncated: 0, createdAt: now });
  await confirmPlan(env.DB, plan, perSecond, now);
  return { tenantId, id: plan.id, confirmedAt: now };
}

/** Carries a plan on as one tick would, so many milliseconds after it was confirmed. */
async function tick(plan: Planned, after = 0, on = deployment, steps = 60) {
  await runPlan(on, plan, { now: plan.confirmedAt + after, steps });
  return readPlan(env.DB, plan);
}

/** How often each job was replayed. */
async function replays(tenantId: string): Promise<Record<string, number>> {
  const { results } = await env.DB.prepare(
    "SELECT replay_of AS id, count(*) AS n FROM jobs WHERE tenant_id = ?1 AND replay_of IS NOT NULL GROUP BY replay_of",
  )
    .bind(tenantId)
    .all<{ id: string; n: number }>();
  return Object.fromEntries(results.map(({ id, n }) => [id, n]));
}

const once = (ids: readonly string[]) => Object.fromEntries(ids.map((id) => [id, 1]));

/** Failed jobs whose payloads are in R2: few of them make a step. */
async function largeJobs(tenantId: string, count: number): Promise<string[]> {
  const ids = await finishedJobs(tenantId, count, { type: "echo" });
  for (const id of ids) {
    const key = `${tenantId}/${id}/payload-1`;
    await env.BLOBS.put(key, JSON.stringify(id));
    await setRow(tenantId, id, { payload: null, payload_blob: key });
  }
  return ids;
}

describe("a plan that replays", () => {
  it("replays each job once, with its payload, and leaves those of other filters alone", async () => {
    const { id, key } = await createTenant();
    const ids = await finishedJobs(id, 250, { type: "echo", payload: "again" });
    await finishedJobs(id, 3, { queue: "other", createdAt: Date.now() - 1_800_000 });
    await finishedJobs(id, 3, { state: "succeeded", createdAt: Date.now() - 900_000 });
    expect(await tick(await confirmed(id, 250))).toMatchObject({
      state: "finished",
      done: 250,
      failed: 0,
      skipped: 0,
      lastFailure: null,
    });
    expect(await replays(id)).toEqual(once(ids));
    const { body } = await apiOf({ key }).get("/v1/jobs?limit=1");
    expect((await apiOf({ key }).get(`/v1/jobs/${body.data[0].id}?wait=10`)).body).toMatchObject({
      state: "succeeded",
      result: "again",
    });
  });

  it("takes 2,000 jobs in steps that each read a bounded number of rows", async () => {
    const { id } = await createTenant();
    const ids = await finishedJobs(id, 2_000);
    const plan = await confirmed(id, 2_000);
    const meter = meterD1(env.DB);
    const made = await runPlan(under({ ...env, DB: meter.db }), plan, { now: plan.confirmedAt, steps: 60 });
    expect(made).toBeLessThanOrEqual(21);
    expect(Math.max(...meter.costs.map(({ read }) => read))).toBeLessThanOrEqual(310);
    expect(meter.total().read).toBeLessThanOrEqual(2_000 * 4 + 500);
    expect(meter.total().written).toBeLessThanOrEqual(22);
    expect(await readPlan(env.DB, plan)).toMatchObject({ state: "finished", done: 2_000 });
    expect(await replays(id)).toEqual(once(ids));
  });

  it("keeps to its rate: a minute's worth at once, then as time passes", async () => {
    const { id } = await createTenant();
    await finishedJobs(id, 200);
    const plan = await confirmed(id, 200, { perSecond: 1 });
    expect(await tick(plan)).toMatchObject({ state: "running", done: 60 });
    expect(await tick(plan, 20_000)).toMatchObject({ done: 80 });
    expect(await tick(plan, 20_000)).toMatchObject({ done: 80 });
    expect(await tick(plan, 3_600_000)).toMatchObject({ done: 140 });
    expect(await tick(plan, 3_660_000)).toMatchObject({ state: "finished", done: 200 });
  });

  it.each(["before", "after"] as const)(
    "goes on wherever it was cut off, %s whatever call, and replays each job exactly once",
    async (when) => {
      for (let at = 1; ; at++) {
        const { id } = await createTenant();
        const ids = await largeJobs(id, 6);
        const plan = await confirmed(id, 6);
        const broken = brokenEnv((call) => (call === at ? when : undefined));
        await tick(plan, 0, under(broken.env)).catch(() => undefined);
        const finished = await tick(plan);
        expect(finished).toMatchObject({ state: "finished", done: 6, failed: 0, skipped: 0 });
        expect(await replays(id)).toEqual(once(ids));
        if (broken.calls() < at) break;
        expect(at).toBeLessThan(100);
      }
    },
    60_000,
  );

  it("does no harm when two carry it on at once", async () => {
    const { id } = await createTenant();
    const ids = await finishedJobs(id, 300);
    const plan = await confirmed(id, 300);
    await Promise.all([tick(plan), tick(plan), tick(plan)]);
    expect(await tick(plan)).toMatchObject({ state: "finished", done: 300, failed: 0, skipped: 0 });
    expect(await replays(id)).toEqual(once(ids));
  });

  it("stops where it is cancelled, and counts what it has done by then", async () => {
    const { id } = await createTenant();
    await finishedJobs(id, 300);
    const plan = await confirmed(id, 300);
    let steps = 0;
    const broken = brokenEnv(async (_, name) => {
      if (name === "enqueue" && ++steps === 2) await cancelPlan(env.DB, plan, Date.now());
      return undefined;
    });
    expect(await tick(plan, 0, under(broken.env))).toMatchObject({ state: "cancelled", done: 200, skipped: 0 });
    expect(await tick(plan, 60_000)).toMatchObject({ state: "cancelled", done: 200 });
    expect(Object.keys(await replays(id))).toHaveLength(200);
  });

  it("waits for the next tick when the backlog is full, and goes on then", async () => {
    const tenant = await createTenant({ concurrency: 1, backlog: 10 });
    const held = await runHeldJob(tenant);
    const ids = await finishedJobs(tenant.id, 15);
    const plan = await confirmed(tenant.id, 15);
    const full = await tick(plan);
    expect(full).toMatchObject({ state: "running", failed: 0, skipped: 0 });
    expect(full!.done).toBe(10);
    expect(await tick(plan)).toMatchObject({ done: 10 });
    await held.release();
    await expect.poll(async () => (await tick(plan))?.state, { timeout: 10_000, interval: 100 }).toBe("finished");
    expect(await readPlan(env.DB, plan)).toMatchObject({ done: 15 });
    expect(await replays(tenant.id)).toEqual(once(ids));
  });

  it("takes what the rate leaves, also where a page is more than the burst", async () => {
    const limits: Partial<TenantLimits> = { rate: 4, burst: 8 };
    const { id } = await createTenant(limits);
    const ids = await finishedJobs(id, 20);
    const plan = await confirmed(id, 20);
    const first = await tick(plan);
    expect(first!.state).toBe("running");
    expect(first!.done).toBeGreaterThan(0);
    expect(first!.done).toBeLessThan(20);
    await expect.poll(async () => (await tick(plan))?.state, { timeout: 10_000, interval: 100 }).toBe("finished");
    expect(await replays(id)).toEqual(once(ids));
  });

  it("counts those that cannot be replayed, and says why the last of them could not", async () => {
    const { id } = await createTenant();
    const [unknown] = await finishedJobs(id, 1, { type: "no.longer" });
    const [wrong] = await finishedJobs(id, 1, { type: "greet", createdAt: Date.now() - 1_800_000, payload: {} });
    await finishedJobs(id, 2, { createdAt: Date.now() - 900_000 });
    const plan = await tick(await confirmed(id, 4));
    expect(plan).toMatchObject({ state: "finished", done: 2, failed: 2, skipped: 0 });
    expect(JSON.parse(plan!.lastFailure!)).toMatchObject({ jobId: wrong, code: "not_replayable" });
    expect(unknown).toBeTruthy();
    expect(await countJobs(id)).toBe(6);
  });

  it("has skipped the jobs that retention has deleted in between", async () => {
    const { id } = await createTenant();
    const [gone, ...ids] = await finishedJobs(id, 5);
    const plan = await confirmed(id, 5);
    const broken = brokenEnv(async (_, name) => {
      if (name !== "enqueue") return undefined;
      await env.DB.prepare("DELETE FROM jobs WHERE tenant_id = ?1 AND id = ?2").bind(id, gone).run();
      return undefined;
    });
    // The gate stores nothing of a page with a job that is gone; the page is then looked up again.
    expect(await tick(plan, 0, under(broken.env))).toMatchObject({ state: "running", done: 0 });
    expect(await tick(plan)).toMatchObject({ state: "finished", done: 4, failed: 0, skipped: 1 });
    expect(await replays(id)).toEqual(once(ids));
  });

  it("replays what had failed when it was planned, and not what failed since, nor its own replays", async () => {
    const { id } = await createTenant();
    const [before, since] = await finishedJobs(id, 2, { type: "fatal", payload: { name: "never" } });
    const plan = await confirmed(id, 1, { perSecond: 1 });
    await setRow(id, since!, { finished_at: plan.confirmedAt + 60_000 });
    expect(await tick(plan)).toMatchObject({ state: "finished", done: 1 });
    await expect.poll(() => statesOf(id), { timeout: 10_000 }).toEqual({ failed: 3 });
    expect(await replays(id)).toEqual(once([before!]));
    expect(await tick(plan, 60_000)).toMatchObject({ done: 1 });
  });

  it("ends where it has taken as many as a plan may, and says that there are more", async () => {
    const { id } = await createTenant();
    await finishedJobs(id, 20);
    const plan = await confirmed(id, 100_010);
    await env.DB.prepare("UPDATE plans SET done = ?3 WHERE tenant_id = ?1 AND id = ?2")
      .bind(id, plan.id, MOST_JOBS_PER_PLAN - 10)
      .run();
    const ended = await tick(plan, 1_000_000);
    expect(ended).toMatchObject({ state: "finished", truncated: 1, done: MOST_JOBS_PER_PLAN, skipped: 0 });
    expect(Object.keys(await replays(id))).toHaveLength(10);
  });

  it("copies payloads that are in R2, a few in a step", async () => {
    const { id } = await createTenant();
    await largeJobs(id, 6);
    const plan = await confirmed(id, 6);
    expect(await tick(plan, 0, deployment, 1)).toMatchObject({ state: "running", done: 4 });
    expect(await tick(plan)).toMatchObject({ state: "finished", done: 6 });
    expect(await storedObjects(id)).toHaveLength(12);
  });
});

describe("a plan that cancels", () => {
  it("cancels what waits, asks what runs to end, and leaves the rest alone", async () => {
    const tenant = await createTenant({ concurrency: 1 });
    const api = apiOf(tenant);
    const held = await runHeldJob(tenant);
    const jobs = [{ delay: "1h" }, {}, {}, {}].map((options) => ({ type: "noop", queue: "default", ...options }));
    await api.post("/v1/jobs/batch", { jobs });
    await api.post("/v1/jobs", { type: "noop", queue: "other", delay: "1h" });
    await finishedJobs(tenant.id, 2);
    const plan = await confirmed(tenant.id, 5, { action: "cancel" });
    expect(await tick(plan)).toMatchObject({ state: "finished", done: 5, failed: 0, skipped: 0 });
    expect(await statesOf(tenant.id)).toEqual({ cancelled: 4, running: 1, scheduled: 1, failed: 2 });
    expect((await api.get(`/v1/jobs/${held.id}`)).body.state).toBe("running");
  });

  it.each(["before", "after"] as const)(
    "goes on wherever it was cut off, %s whatever call, and counts each job once",
    async (when) => {
      for (let at = 1; ; at++) {
        const tenant = await createTenant();
        const jobs = Array.from({ length: 5 }, () => ({ type: "noop", delay: "1h" }));
        await apiOf(tenant).post("/v1/jobs/batch", { jobs });
        const plan = await confirmed(tenant.id, 5, { action: "cancel", perSecond: 1 });
        const broken = brokenEnv((call) => (call === at ? when : undefined));
        await tick(plan, 0, under(broken.env)).catch(() => undefined);
        expect(await tick(plan)).toMatchObject({ state: "finished", done: 5, failed: 0, skipped: 0 });
        expect(await statesOf(tenant.id)).toEqual({ cancelled: 5 });
        if (broken.calls() < at) break;
        expect(at).toBeLessThan(100);
      }
    },
  );

  it("has skipped what has finished in between, and takes nothing that was enqueued since", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const { body: first } = await api.post("/v1/jobs", { type: "noop", delay: "1h" });
    await api.post("/v1/jobs", { type: "noop", delay: "1h" });
    await api.post("/v1/jobs", { type: "noop", delay: "1h" });
    const plan = await confirmed(tenant.id, 3, { action: "cancel" });
    await api.post("/v1/jobs", { type: "noop", delay: "1h" });
    await api.post(`/v1/jobs/${first.id}/run`);
    await api.get(`/v1/jobs/${first.id}?wait=10`);
    expect(await tick(plan)).toMatchObject({ state: "finished", done: 2, skipped: 1 });
    expect(await statesOf(tenant.id)).toEqual({ cancelled: 2, scheduled: 1, succeeded: 1 });
  });
});
