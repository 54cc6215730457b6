import { env } from "cloudflare:workers";
import { v7 as uuidv7 } from "uuid";
import { afterEach, describe, expect, it, vi } from "vitest";
import { MOST_OPEN_PLANS, MOST_RUNNING_PLANS } from "../../src/storage/plans.ts";
import { type Answer, apiOf, request } from "../support/api.ts";
import { finishedJobs } from "../support/finished-jobs.ts";
import { hold, starts } from "../support/handlers.ts";
import { releaseHeldJobs, runHeldJob } from "../support/held-jobs.ts";
import { expectProblem } from "../support/problems.ts";
import { statesOf } from "../support/rows.ts";
import { countJobs } from "../support/stored-jobs.ts";
import { createTenant } from "../support/tenants.ts";

const HOUR = 3_600_000;
const iso = (time: number) => new Date(time).toISOString();

afterEach(() => {
  vi.restoreAllMocks();
  releaseHeldJobs();
});

async function tenantWith(failed: number) {
  const tenant = await createTenant();
  const ids = await finishedJobs(tenant.id, failed);
  return { tenant, api: apiOf(tenant), ids };
}

/** Resolves when the plan is over. */
async function over(api: ReturnType<typeof apiOf>, path: string): Promise<Answer["body"]> {
  return vi.waitFor(
    async () => {
      const { body } = await api.get(path);
      expect(body.finishedAt).not.toBeNull();
      return body;
    },
    { timeout: 10_000, interval: 20 },
  );
}

describe("failed jobs", () => {
  it("are planned, confirmed and replayed once their handler's condition is mended, and all succeed", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const name = crypto.randomUUID();
    const broken = hold(name);
    const jobs = Array.from({ length: 5 }, () => ({ type: "held", payload: { name }, maxAttempts: 1, queue: "mail" }));
    const { body: batch } = await api.post("/v1/jobs/batch", { jobs });
    await vi.waitFor(() => expect(starts.get(name)).toBe(5), { timeout: 10_000, interval: 5 });
    broken.reject(new TypeError("the mail server is away"));
    await expect.poll(() => statesOf(tenant.id), { timeout: 10_000 }).toEqual({ failed: 5 });
    hold(name).resolve();

    const planned = await api.post("/v1/replays", { type: "held", error: "mail server" });
    expect(planned.status).toBe(201);
    expect(planned.body).toMatchObject({
      action: "replay",
      filter: { state: "failed", type: "held", error: "mail server" },
      state: "planned",
      count: 5,
      counted: "all",
      done: 0,
      failed: 0,
      skipped: 0,
      lastFailure: null,
      perSecond: null,
      confirmedAt: null,
      finishedAt: null,
    });
    expect(planned.body).not.toHaveProperty("truncated");
    expect(Date.parse(planned.body.expiresAt) - Date.parse(planned.body.createdAt)).toBe(24 * HOUR);
    const sampled = planned.body.sample.map(({ id }: { id: string }) => id);
    expect(sampled).toEqual(batch.data.map(({ id }: { id: string }) => id).toSorted());
    expect(planned.body.sample[0]).not.toHaveProperty("payload");
    const path = new URL(planned.headers.get("Location") ?? "").pathname;
    expect(path).toBe(`/v1/replays/${planned.body.id}`);
    expect(await countJobs(tenant.id)).toBe(5);

    const confirmed = await api.post(`${path}/confirm`);
    expect(confirmed.status).toBe(202);
    expect(confirmed.body).toMatchObject({ state: "running", perSecond: 10, confirmedAt: expect.any(String) });
    expect(await over(api, path)).toMatchObject({ state: "finished", done: 5, failed: 0, skipped: 0 });
    await expect.poll(() => statesOf(tenant.id), { timeout: 10_000 }).toEqual({ failed: 5, succeeded: 5 });
    expect((await api.get("/v1/replays")).body.data).toMatchObject([{ id: planned.body.id, state: "finished" }]);
  });
});

describe("POST /v1/replays", () => {
  it.each([
    ["nothing to narrow the jobs down", {}, "#"],
    ["a state alone", { state: "failed" }, "#"],
    ["a state that is not over", { state: "queued", type: "noop" }, "#/state"],
    ["a field that there is not", { type: "noop", limit: 5 }, "#/limit"],
    ["a time without its offset", { createdAfter: "2026-01-01T00:00:00" }, "#/createdAfter"],
    ["an empty error", { error: "" }, "#/error"],
    ["times in the wrong order", { createdAfter: iso(2), createdBefore: iso(1) }, "#/createdBefore"],
    ["a queue that is none", { queue: "a b" }, "#/queue"],
  ])("does not take a filter with %s", async (_, filter, where) => {
    const { api } = await tenantWith(0);
    const refused = expectProblem(await api.post("/v1/replays", filter), "invalid_request");
    expect(refused.errors.map(({ pointer }: { pointer: string }) => pointer)).toContain(where);
    expect((await api.get("/v1/replays")).body.data).toEqual([]);
  });

  it("counts by type, queue, state, error and time", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const now = Date.now();
    await finishedJobs(tenant.id, 3, { type: "a", createdAt: now - 5 * HOUR });
    await finishedJobs(tenant.id, 4, { queue: "q", createdAt: now - 4 * HOUR, error: { name: "Oops", message: "x" } });
    await finishedJobs(tenant.id, 5, { state: "cancelled", createdAt: now - 3 * HOUR });
    const count = async (filter: object) => (await api.post("/v1/replays", filter)).body.count;
    expect(await count({ createdBefore: iso(now) })).toBe(7);
    expect(await count({ type: "a" })).toBe(3);
    expect(await count({ queue: "q" })).toBe(4);
    expect(await count({ queue: "q", type: "a" })).toBe(0);
    expect(await count({ error: "Oops: x" })).toBe(4);
    expect(await count({ state: "cancelled", createdAfter: iso(0) })).toBe(5);
    expect(await count({ createdAfter: iso(now - 4.5 * HOUR) })).toBe(4);
    expect(await count({ createdAfter: iso(now - 5.5 * HOUR), createdBefore: iso(now - 4.5 * HOUR) })).toBe(3);
    expect(await countJobs(tenant.id)).toBe(12);
  });

  it("shows the five oldest of many", async () => {
    const { api, ids } = await tenantWith(40);
    const { body } = await api.post("/v1/replays", { queue: "default" });
    expect(body.count).toBe(40);
    expect(body.sample.map(({ id }: { id: string }) => id)).toEqual(ids.slice(0, 5));
    expect(body.sample[0]).toMatchObject({ state: "failed", errors: [{}, { message: "no luck" }] });
  });

  it("says so when there are more jobs than it looks at to count", async () => {
    const { tenant, api } = await tenantWith(0);
    for (let hundreds = 0; hundreds < 5; hundreds++) {
      const createdAt = Date.now() - (10 - hundreds) * HOUR;
      await finishedJobs(tenant.id, 20_100, { state: hundreds === 4 ? "failed" : "succeeded", createdAt });
    }
    const { body } = await api.post("/v1/replays", { queue: "default" });
    expect(body).toMatchObject({ counted: "at least", count: 19_600 });
    expect(body.sample).toHaveLength(5);
  });

  it("keeps no more than so many plans open", async () => {
    const { api } = await tenantWith(1);
    const plans: string[] = [];
    for (let made = 0; made < MOST_OPEN_PLANS; made++) {
      plans.push((await api.post("/v1/replays", { type: "noop" })).body.id);
    }
    const refused = expectProblem(await api.post("/v1/replays", { type: "noop" }), "too_many_plans");
    expect(refused.limit).toEqual({ name: "open_plans", max: MOST_OPEN_PLANS, current: MOST_OPEN_PLANS });
    expect((await api.get("/v1/replays")).body.data.map(({ id }: { id: string }) => id)).toEqual(plans.toReversed());
    await api.post(`/v1/replays/${plans[0]}/cancel`);
    expect((await api.post("/v1/replays", { type: "noop" })).status).toBe(201);
  });
});

describe("a plan", () => {
  it("is confirmed once: what is repeated changes nothing", async () => {
    const { tenant, api } = await tenantWith(3);
    const { body: plan } = await api.post("/v1/replays", { type: "noop" });
    const path = `/v1/replays/${plan.id}`;
    await api.post(`${path}/confirm`, { perSecond: 5 });
    await over(api, path);
    const again = await api.post(`${path}/confirm`, { perSecond: 7 });
    expect([again.status, again.body.state, again.body.perSecond, again.body.done]).toEqual([202, "finished", 5, 3]);
    expectProblem(await api.post(`${path}/cancel`), "plan_over");
    expect(await countJobs(tenant.id)).toBe(6);
  });

  it.each([0, 101, 1.5, "10"])("does not run at %j a second", async (perSecond) => {
    const { api } = await tenantWith(1);
    const { body: plan } = await api.post("/v1/replays", { type: "noop" });
    const refused = expectProblem(await api.post(`/v1/replays/${plan.id}/confirm`, { perSecond }), "invalid_request");
    expect(refused.errors).toMatchObject([{ pointer: "#/perSecond" }]);
    expect((await api.get(`/v1/replays/${plan.id}`)).body.state).toBe("planned");
  });

  it("that is cancelled does nothing", async () => {
    const { tenant, api } = await tenantWith(3);
    const { body: plan } = await api.post("/v1/replays", { type: "noop" });
    const cancelled = await api.post(`/v1/replays/${plan.id}/cancel`);
    expect([cancelled.status, cancelled.body.state]).toEqual([200, "cancelled"]);
    expect((await api.post(`/v1/replays/${plan.id}/cancel`)).body.state).toBe("cancelled");
    expectProblem(await api.post(`/v1/replays/${plan.id}/confirm`), "plan_over");
    expect(await countJobs(tenant.id)).toBe(3);
  });

  it("that nobody has confirmed within a day is expired", async () => {
    const { tenant, api } = await tenantWith(3);
    const { body: plan } = await api.post("/v1/replays", { type: "noop" });
    await env.DB.prepare("UPDATE plans SET created_at = created_at - ?3 WHERE tenant_id = ?1 AND id = ?2")
      .bind(tenant.id, plan.id, 24 * HOUR)
      .run();
    expect((await api.get(`/v1/replays/${plan.id}`)).body.state).toBe("expired");
    expectProblem(await api.post(`/v1/replays/${plan.id}/confirm`), "plan_over");
    expect(await countJobs(tenant.id)).toBe(3);
  });

  it("waits its turn when so many of its tenant's run already", async () => {
    const { tenant, api } = await tenantWith(1);
    const plans: string[] = [];
    for (let made = 0; made <= MOST_RUNNING_PLANS; made++) {
      plans.push((await api.post("/v1/replays", { type: "noop" })).body.id);
    }
    await env.DB.prepare(
      "UPDATE plans SET state = 'running', per_second = 1, confirmed_at = ?2 WHERE tenant_id = ?1 AND id <> ?3",
    )
      .bind(tenant.id, Date.now(), plans.at(-1))
      .run();
    expectProblem(await api.post(`/v1/replays/${plans.at(-1)}/confirm`), "too_many_plans");
    await api.post(`/v1/replays/${plans[0]}/cancel`);
    expect((await api.post(`/v1/replays/${plans.at(-1)}/confirm`)).status).toBe(202);
    await over(api, `/v1/replays/${plans.at(-1)}`);
    for (const id of plans) await api.post(`/v1/replays/${id}/cancel`);
  });

  it("is nobody's but its tenant's, and of its own action", async () => {
    const [{ api }, stranger] = [await tenantWith(1), apiOf(await createTenant())];
    const { body: plan } = await api.post("/v1/replays", { type: "noop" });
    for (const [caller, path] of [
      [stranger, `/v1/replays/${plan.id}`],
      [api, `/v1/cancellations/${plan.id}`],
      [api, `/v1/replays/${uuidv7()}`],
      [api, "/v1/replays/plan-1"],
    ] as const) {
      expectProblem(await caller.get(path), "plan_not_found");
      expectProblem(await caller.post(`${path}/confirm`), "plan_not_found");
      expectProblem(await caller.post(`${path}/cancel`), "plan_not_found");
    }
    expect((await stranger.get("/v1/replays")).body.data).toEqual([]);
    expect((await api.get("/v1/cancellations")).body.data).toEqual([]);
    expect((await api.get(`/v1/replays/${plan.id}`)).body.state).toBe("planned");
  });

  it.each([
    ["/v1/replays", "GET, POST"],
    ["/v1/replays/1", "GET"],
    ["/v1/cancellations/1/confirm", "POST"],
    ["/v1/cancellations/1/cancel", "POST"],
  ])("answers other methods on %s with those that it has", async (path, allow) => {
    const { tenant } = await tenantWith(0);
    const refused = await request(path, { method: "PUT", headers: { Authorization: `Bearer ${tenant.key}` } });
    expectProblem(refused, "method_not_allowed");
    expect(refused.headers.get("Allow")).toBe(allow);
  });
});

describe("POST /v1/cancellations", () => {
  it("plans and cancels what has not finished", async () => {
    const tenant = await createTenant({ concurrency: 1 });
    const api = apiOf(tenant);
    await runHeldJob(tenant);
    const jobs = [{}, {}, { delay: "1h" }].map((options) => ({ type: "noop", queue: "default", ...options }));
    await api.post("/v1/jobs/batch", { jobs });
    const { status, body: plan } = await api.post("/v1/cancellations", { type: "noop" });
    expect(status).toBe(201);
    expect(plan).toMatchObject({ action: "cancel", filter: { type: "noop" }, count: 3, state: "planned" });
    expect(plan.sample).toHaveLength(3);
    const path = `/v1/cancellations/${plan.id}`;
    expect((await api.post(`${path}/confirm`)).status).toBe(202);
    expect(await over(api, path)).toMatchObject({ state: "finished", done: 3, failed: 0, skipped: 0 });
    expect(await statesOf(tenant.id)).toEqual({ running: 1, cancelled: 3 });
  });

  it("takes only jobs of the state that it is told", async () => {
    const tenant = await createTenant({ concurrency: 1 });
    const api = apiOf(tenant);
    await runHeldJob(tenant);
    await api.post("/v1/jobs/batch", { jobs: [{ type: "noop" }, { type: "noop", delay: "1h" }] });
    const count = async (filter: object) =>
      (await api.post("/v1/cancellations", { queue: "default", ...filter })).body.count;
    expect([await count({}), await count({ state: "scheduled" }), await count({ state: "running" })]).toEqual([
      3, 1, 1,
    ]);
    expectProblem(await api.post("/v1/cancellations", { state: "scheduled" }), "invalid_request");
    expectProblem(await api.post("/v1/cancellations", { state: "failed", type: "noop" }), "invalid_request");
  });
});
