import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { StatsSeries, StatsView } from "../../src/protocol/stats-view.ts";
import { apiOf, request } from "../support/api.ts";
import { standingClock } from "../support/clock.ts";
import { faultyWrites } from "../support/d1-faults.ts";
import { draft } from "../support/drafts.ts";
import { fillTenant } from "../support/fixture-jobs.ts";
import { fireAlarm, gateOf, stubOf } from "../support/gate.ts";
import { releaseHeldJobs, runHeldJob } from "../support/held-jobs.ts";
import { expectProblem } from "../support/problems.ts";
import { captureSends } from "../support/sends.ts";
import { createTenant } from "../support/tenants.ts";

type Tenant = Awaited<ReturnType<typeof createTenant>>;

afterEach(() => {
  releaseHeldJobs();
  vi.restoreAllMocks();
});

async function statsOf(tenant: { key: string }, query = ""): Promise<StatsView> {
  const { status, body } = await apiOf(tenant).get(`/v1/stats${query}`);
  expect(status).toBe(200);
  return body;
}

/** Runs a job to its end, and returns its state. */
async function run(tenant: Tenant, job: object): Promise<string> {
  const { body } = await apiOf(tenant).post("/v1/jobs?wait=10", { payload: {}, ...job });
  return body.state;
}

/** Resolves when so many jobs are known to have ended: callers are answered before the gate has counted. */
async function ended(tenant: Tenant, jobs: number): Promise<StatsView> {
  return vi.waitFor(async () => {
    const stats = await statsOf(tenant);
    expect(stats.totals.out).toBe(jobs);
    return stats;
  }, 10_000);
}

const sum = (numbers: readonly (number | null)[]) => numbers.reduce<number>((total, one) => total + (one ?? 0), 0);

describe("the statistics of a tenant", () => {
  it("count what came in and what went out, by queue and by time, with waits and runs", async () => {
    const tenant = await createTenant();
    expect(await run(tenant, { type: "noop", queue: "mail" })).toBe("succeeded");
    expect(await run(tenant, { type: "noop" })).toBe("succeeded");
    expect(await run(tenant, { type: "fatal", payload: { name: "stats" }, queue: "mail" })).toBe("failed");
    const stats = await ended(tenant, 3);
    expect(stats.totals).toMatchObject({ in: 3, out: 3, succeeded: 2, failed: 1, cancelled: 0, retried: 0 });
    expect(stats.totals.successRatio).toBeCloseTo(2 / 3);
    expect(stats.totals.waitMs).toEqual({
      p50: expect.any(Number),
      p95: expect.any(Number),
      p99: expect.any(Number),
      mean: expect.any(Number),
    });
    expect(stats.totals.waitMs?.p99).toBeLessThan(20_000);
    expect(stats.totals.runMs?.p50).toBeLessThan(5_000);
    const byName = Object.fromEntries(stats.queues.map((queue) => [queue.name, queue]));
    expect(byName["mail"]).toMatchObject({ in: 2, succeeded: 1, failed: 1, inFlight: 0, limit: null });
    expect(byName["default"]).toMatchObject({ in: 1, succeeded: 1, failed: 0, successRatio: 1 });
    expect(stats.failures).toEqual([{ type: "fatal", error: "FatalError", retried: 0, failed: 1 }]);
    expect([sum(stats.series.in), sum(stats.series.out), sum(stats.series.failed)]).toEqual([3, 3, 1]);
    expect(stats.now).toMatchObject({ sentence: "Nothing waits, nothing runs.", oldest: null, inFlight: 0 });
  });

  it("count each attempt, and group failures by type and error", async () => {
    const tenant = await createTenant();
    const name = crypto.randomUUID();
    expect(await run(tenant, { type: "flaky", payload: { name, failures: 2 } })).toBe("succeeded");
    const stats = await ended(tenant, 1);
    expect(stats.totals).toMatchObject({ in: 1, succeeded: 1, retried: 2, failed: 0, successRatio: 1 });
    expect(stats.failures).toEqual([{ type: "flaky", error: "Error", retried: 2, failed: 0 }]);
  });

  it("are of one queue when one is asked for", async () => {
    const tenant = await createTenant();
    await run(tenant, { type: "noop", queue: "mail/eu" });
    await run(tenant, { type: "fatal", payload: { name: "other" }, queue: "other" });
    await ended(tenant, 2);
    const stats = await statsOf(tenant, "?queue=mail%2Feu");
    expect(stats.totals).toMatchObject({ in: 1, succeeded: 1, failed: 0 });
    expect(stats.queues.map(({ name }) => name)).toEqual(["mail/eu"]);
    expect(stats.failures).toEqual([]);
    expect(sum(stats.series.in)).toBe(1);
    expect((await statsOf(tenant, "?queue=unknown")).totals).toMatchObject({ in: 0, successRatio: null, waitMs: null });
  });

  it("count jobs that are turned away by the limit that they met", async () => {
    const tenant = await createTenant({ rate: 1, burst: 2, concurrency: 1, backlog: 100 });
    captureSends(tenant.id);
    const api = apiOf(tenant);
    const jobs = Array.from({ length: 2 }, () => ({ type: "noop", payload: {}, queue: "mail" }));
    expect((await api.post("/v1/jobs/batch", { jobs })).status).toBe(202);
    expectProblem(await api.post("/v1/jobs/batch", { jobs }), "rate_limited");
    expectProblem(await api.post("/v1/jobs", jobs[0]), "rate_limited");
    vi.restoreAllMocks();
    faultyWrites(() => "before");
    await gateOf(tenant.id).enqueue([draft({ queue: "bulk" })], { metered: false });
    vi.restoreAllMocks();
    const { totals, queues, series } = await statsOf(tenant);
    expect(totals).toMatchObject({ in: 2, refused: { rate: 3, backlog: 0, overloaded: 0, storage: 1 } });
    expect(queues.find(({ name }) => name === "mail")?.refused.rate).toBe(3);
    expect([sum(series.refused.rate), sum(series.refused.storage)]).toEqual([3, 1]);
  });

  it("count a job once whose end is told twice, and one whose gate has died meanwhile", async () => {
    const tenant = await createTenant();
    captureSends(tenant.id);
    const job = draft({ queue: "mail" });
    await gateOf(tenant.id).enqueue([job]);
    await evictDurableObject(stubOf(tenant.id));
    const measured = { queue: "mail", type: "noop", waitMs: 5, runMs: 7, error: null };
    const settlement = { id: job.id, attempt: 1, state: "succeeded", dueAt: null, measured } as const;
    for (let time = 0; time < 3; time++) await gateOf(tenant.id).settle([settlement]);
    expect((await statsOf(tenant)).totals).toMatchObject({ succeeded: 1, runMs: { mean: 7 } });
  });

  it("count ends that an older consumer tells of, without times", async () => {
    const tenant = await createTenant();
    captureSends(tenant.id);
    const job = draft({ queue: "mail" });
    await gateOf(tenant.id).enqueue([job]);
    await gateOf(tenant.id).settle([{ id: job.id, attempt: 1, state: "succeeded", dueAt: null }]);
    const { queues } = await statsOf(tenant);
    expect(queues).toMatchObject([{ name: "mail", succeeded: 1, waitMs: null }]);
  });

  it("count jobs that are cancelled before they start", async () => {
    const tenant = await createTenant();
    const { body } = await apiOf(tenant).post("/v1/jobs", { type: "noop", payload: {}, delay: "1h", queue: "mail" });
    expect((await statsOf(tenant)).now.delayed).toEqual({ count: 1, atLeast: false });
    await apiOf(tenant).post(`/v1/jobs/${body.id}/cancel`);
    expect((await statsOf(tenant)).queues).toMatchObject([{ name: "mail", in: 1, out: 1, cancelled: 1 }]);
  });

  it("take a delayed job's wait from when it is due", async () => {
    const tenant = await createTenant();
    expect(await run(tenant, { type: "noop", delay: "2s" })).toBe("succeeded");
    const { totals } = await ended(tenant, 1);
    expect(totals.waitMs?.mean).toBeLessThan(1_900);
  });

  it("survive a gate that is evicted at rest", async () => {
    const tenant = await createTenant();
    await run(tenant, { type: "noop", queue: "mail" });
    await ended(tenant, 1);
    await evictDurableObject(stubOf(tenant.id));
    expect((await statsOf(tenant)).totals).toMatchObject({ in: 1, succeeded: 1, runMs: { p50: expect.any(Number) } });
  });

  it("are another tenant's neither by queue nor in sum", async () => {
    const [own, stranger] = [await createTenant(), await createTenant()];
    await run(own, { type: "noop", queue: "mail" });
    await ended(own, 1);
    const stats = await statsOf(stranger, "?queue=mail");
    expect([stats.totals.in, stats.totals.out, sum(stats.series.in)]).toEqual([0, 0, 0]);
    expect((await statsOf(stranger)).queues).toEqual([]);
  });

  it("start no gate that sleeps", async () => {
    const tenant = await createTenant();
    await statsOf(tenant);
    const epoch = env.DB.prepare("SELECT gate_epoch FROM tenants WHERE id = ?1").bind(tenant.id);
    expect(await epoch.first("gate_epoch")).toBe(0);
  });
});

describe("windows", () => {
  it.each([
    ["1h", 60, 60],
    ["24h", 60, 1_500],
    ["30d", 3_600, 722],
  ] as const)("of %s have steps of %i s, %i at most", async (window, stepSeconds, most) => {
    const tenant = await createTenant();
    const stats = await statsOf(tenant, `?window=${window}`);
    const { series, since, until } = stats;
    expect([stats.window, series.stepSeconds, series.start]).toEqual([window, stepSeconds, since]);
    const steps = Math.floor((Date.parse(until) - Date.parse(since)) / (stepSeconds * 1_000)) + 1;
    expect(steps).toBeLessThanOrEqual(most);
    const { refused, start: _start, stepSeconds: _stepSeconds, ...each } = series satisfies StatsSeries;
    for (const numbers of [...Object.values(each), ...Object.values(refused)]) expect(numbers).toHaveLength(steps);
  });

  it("go back as far as they say: what is older is in the longer ones alone", async () => {
    const clock = standingClock();
    const tenant = await createTenant();
    captureSends(tenant.id);
    await gateOf(tenant.id).enqueue([draft()]);
    clock.advance(2 * 3_600_000);
    await gateOf(tenant.id).enqueue([draft()]);
    clock.advance(60_000);
    expect((await statsOf(tenant)).totals.in).toBe(1);
    const day = await statsOf(tenant, "?window=24h");
    expect([day.totals.in, sum(day.series.in)]).toEqual([2, 2]);
    clock.advance(2 * 86_400_000);
    expect((await statsOf(tenant, "?window=24h")).totals.in).toBe(0);
    const month = await statsOf(tenant, "?window=30d");
    expect([month.totals.in, sum(month.series.in)]).toEqual([2, 2]);
  });
});

describe("what goes on now", () => {
  it("says which job waits longest, and for what", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    await api.put("/v1/queues/mail", { concurrency: 1 });
    const jobs = Array.from({ length: 3 }, () => ({ type: "noop", payload: {}, queue: "mail" }));
    captureSends(tenant.id);
    await api.post("/v1/jobs/batch", { jobs });
    const { now, queues } = await statsOf(tenant);
    expect(now.sentence).toMatch(/^Oldest waits .*: `mail` is at its concurrency of 1\.$/);
    expect(now).toMatchObject({ inFlight: 1, waiting: { count: 2, atLeast: false }, oldest: { queue: "mail" } });
    expect(queues).toMatchObject([
      { name: "mail", waiting: { count: 2, atLeast: false }, inFlight: 1, limit: "concurrency" },
    ]);
    expect(Date.parse(now.oldest?.since ?? "")).toBeGreaterThan(Date.now() - 60_000);
  });

  it("names a pause, a rate that is used up, and the tenant's own concurrency", async () => {
    const tenant = await createTenant({ concurrency: 2 });
    const api = apiOf(tenant);
    await api.put("/v1/queues/paused", { paused: true });
    await api.put("/v1/queues/slow", { rate: { limit: 1, period: "1h" } });
    captureSends(tenant.id);
    const job = (queue: string) => ({ type: "noop", payload: {}, queue });
    for (const queue of ["slow", "slow", "paused"]) await api.post("/v1/jobs", job(queue));
    const limits = async () =>
      Object.fromEntries((await statsOf(tenant)).queues.map(({ name, limit }) => [name, limit]));
    expect(await limits()).toEqual({ paused: "paused", slow: "rate" });
    for (const queue of ["free", "free"]) await api.post("/v1/jobs", job(queue));
    expect(await limits()).toEqual({ paused: "paused", slow: "rate", free: "tenantConcurrency" });
  });

  it("is known from the database when the gate sleeps", async () => {
    const tenant = await createTenant();
    const job = await runHeldJob(tenant);
    await apiOf(tenant).post("/v1/queues/mail/pause");
    await apiOf(tenant).post("/v1/jobs", { type: "noop", payload: {}, queue: "mail" });
    await evictDurableObject(stubOf(tenant.id));
    const { now, queues } = await statsOf(tenant);
    expect(now).toMatchObject({ inFlight: 1, concurrency: 100, oldest: { queue: "mail", limit: "paused" } });
    expect(queues.map(({ name, inFlight }) => [name, inFlight])).toEqual(
      expect.arrayContaining([
        ["default", 1],
        ["mail", 0],
      ]),
    );
    await job.release();
  });

  it("counts who waits up to a bound, and says so", async () => {
    const tenant = await createTenant();
    await fillTenant(tenant.id, { waiting: 8_000, scheduled: 6_000, queues: 2 });
    const { now, queues } = await statsOf(tenant);
    expect(queues.map(({ waiting }) => waiting)).toEqual([
      { count: 2_500, atLeast: true },
      { count: 2_500, atLeast: true },
    ]);
    expect(now.waiting).toEqual({ count: 5_000, atLeast: true });
    expect(now.delayed).toEqual({ count: 5_000, atLeast: true });
    expect(now.oldest?.queue).toBe("queue-0");
    expect(now.oldest?.ageMs).toBeGreaterThan(3_500_000);
    expect((await statsOf(tenant, "?queue=queue-1")).queues).toMatchObject([
      { waiting: { count: 4_000, atLeast: false } },
    ]);
    await env.DB.prepare("DELETE FROM jobs WHERE tenant_id = ?1").bind(tenant.id).run();
    await fireAlarm(tenant.id);
  });
});

describe("a request for statistics", () => {
  it.each(["?window=2h", "?queue=", "?queue=a%20b", "?since=1", "?window="])("with %s is refused", async (query) => {
    expectProblem(await apiOf(await createTenant()).get(`/v1/stats${query}`), "invalid_parameter");
  });

  it("needs a key, and is a GET", async () => {
    expectProblem(await request("/v1/stats"), "unauthorized");
    const answer = await apiOf(await createTenant()).post("/v1/stats", {});
    expect([answer.status, answer.headers.get("Allow")]).toEqual([405, "GET"]);
  });
});
