import { env } from "cloudflare:workers";
import { v7 as uuidv7 } from "uuid";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { isJobId } from "../../src/domain/id.ts";
import type { JobView } from "../../src/protocol/job-view.ts";
import { createSluice, defineHandler, SluiceError } from "../../src/sluice.ts";
import { apiOf } from "../support/api.ts";
import { releaseHeldJobs, runHeldJob } from "../support/held-jobs.ts";
import { countJobs, storedObjects } from "../support/stored-jobs.ts";
import { createTenant } from "../support/tenants.ts";
import sluice from "../support/worker.ts";

afterEach(releaseHeldJobs);

async function jobsOfNewTenant(limits: Parameters<typeof createTenant>[0] = {}) {
  const tenant = await createTenant(limits);
  return { tenant, jobs: sluice.jobs(env, tenant.id) };
}

/** The error by which a call fails. */
async function refusal(call: Promise<unknown>): Promise<SluiceError> {
  const thrown: unknown = await call.then(
    () => new Error("it was not refused"),
    (error: unknown) => error,
  );
  if (!(thrown instanceof SluiceError)) throw thrown;
  return thrown;
}

async function listed(list: AsyncIterable<JobView>): Promise<JobView[]> {
  const all: JobView[] = [];
  for await (const job of list) all.push(job);
  return all;
}

describe("jobs of the same Worker", () => {
  it("are enqueued, waited for and read without HTTP and without a key", async () => {
    const { tenant, jobs } = await jobsOfNewTenant();
    const job = await jobs.enqueue("greet", { name: "Ada" }, { queue: "mail", priority: 7 });
    expect(isJobId(job.id)).toBe(true);
    expect(job).toMatchObject({ type: "greet", state: "queued", queue: "mail", priority: 7 });
    const done = await jobs.wait(job.id, { timeout: 10 });
    expect(done).toMatchObject({ state: "succeeded", result: "hello Ada", payload: { name: "Ada" } });
    expect(await jobs.get(job.id)).toEqual(done);
    expect((await apiOf(tenant).get(`/v1/jobs/${job.id}`)).body).toEqual(done);
  });

  it("are enqueued together, all or none", async () => {
    const { tenant, jobs } = await jobsOfNewTenant();
    const enqueued = await jobs.enqueueMany([
      { type: "greet", payload: { name: "Ada" } },
      { type: "echo", payload: 2, queue: "other" },
    ]);
    expect(enqueued).toMatchObject([{ type: "greet" }, { type: "echo", queue: "other" }]);
    const error = await refusal(
      jobs.enqueueMany([
        { type: "greet", payload: { name: "Grace" } },
        { type: "greet", payload: { name: "" } },
      ]),
    );
    expect(error.errors).toMatchObject([{ pointer: "#/jobs/1/payload/name" }]);
    expect(await countJobs(tenant.id)).toBe(2);
  });

  it("are pointed at as in a batch, even when there is one", async () => {
    const { jobs } = await jobsOfNewTenant();
    const many = await refusal(jobs.enqueueMany([{ type: "greet", payload: { name: "" } }]));
    expect(many.errors).toMatchObject([{ pointer: "#/jobs/0/payload/name" }]);
    const one = await refusal(jobs.enqueue("greet", { name: "" }));
    expect(one.errors).toMatchObject([{ pointer: "#/payload/name" }]);
  });

  it("are at most a thousand at once; none at all is fine", async () => {
    const { tenant, jobs } = await jobsOfNewTenant({ burst: 5_000 });
    const many = Array.from({ length: 1_001 }, () => ({ type: "noop" as const, payload: null }));
    expect(await refusal(jobs.enqueueMany(many))).toMatchObject({ code: "invalid_request", status: 422 });
    expect(await jobs.enqueueMany([])).toEqual([]);
    expect(await countJobs(tenant.id)).toBe(0);
  });

  it("are listed over as many pages as it takes, newest first", async () => {
    const { jobs } = await jobsOfNewTenant();
    const enqueued = await jobs.enqueueMany(
      Array.from({ length: 250 }, (_, n) => ({ type: "echo", payload: n }) as const),
    );
    await Promise.all(enqueued.map(({ id }) => jobs.wait(id, { timeout: 20 })));
    const all = await listed(jobs.list());
    expect(all.map(({ payload }) => payload)).toEqual(Array.from({ length: 250 }, (_, n) => 249 - n));
    expect(all.every(({ payload, result }) => result === payload)).toBe(true);
  });

  it("are read no further than the list is followed", async () => {
    const { jobs } = await jobsOfNewTenant();
    const enqueued = await jobs.enqueueMany([
      { type: "noop", payload: 1 },
      { type: "noop", payload: 2 },
    ]);
    const ids = enqueued.map(({ id }) => id);
    for await (const job of jobs.list()) {
      expect(job.id).toBe(ids.toSorted().at(-1));
      break;
    }
  });

  it("are filtered by state, type and queue", async () => {
    const { jobs } = await jobsOfNewTenant();
    const greeted = await jobs.enqueue("greet", { name: "Ada" });
    const fatal = await jobs.enqueue("fatal", { name: "never" }, { queue: "other" });
    await Promise.all([greeted, fatal].map(({ id }) => jobs.wait(id, { timeout: 10 })));
    const ids = async (filter: Parameters<typeof jobs.list>[0]) =>
      (await listed(jobs.list(filter))).map(({ id }) => id);
    expect(await ids({ state: "failed" })).toEqual([fatal.id]);
    expect(await ids({ state: ["failed", "succeeded"] })).toEqual([fatal.id, greeted.id]);
    expect(await ids({ type: "greet" })).toEqual([greeted.id]);
    expect(await ids({ queue: "other" })).toEqual([fatal.id]);
  });

  it("are cancelled before they start", async () => {
    const { tenant, jobs } = await jobsOfNewTenant({ concurrency: 1 });
    const held = await runHeldJob(tenant);
    const queued = await jobs.enqueue("noop", null);
    expect(await jobs.cancel(queued.id)).toMatchObject({ id: queued.id, state: "cancelled" });
    expect(await refusal(jobs.cancel(queued.id))).toMatchObject({ code: "job_finished", status: 409 });
    await held.release();
    expect(await refusal(jobs.cancel(held.id))).toMatchObject({ code: "job_finished", status: 409 });
  });

  it("are answered as they are when they do not finish in time", async () => {
    const { tenant, jobs } = await jobsOfNewTenant();
    const held = await runHeldJob(tenant);
    expect(await jobs.wait(held.id, { timeout: 0.05 })).toMatchObject({ state: "running", result: null });
  });

  it("are the same job for the same key", async () => {
    const { tenant, jobs } = await jobsOfNewTenant();
    const first = await jobs.enqueue("greet", { name: "Ada" }, { idempotencyKey: "k" });
    const again = await apiOf(tenant).post(
      "/v1/jobs",
      { type: "greet", payload: { name: "Ada" } },
      { "Idempotency-Key": "k" },
    );
    expect([again.body.id, again.headers.get("Idempotent-Replayed")]).toEqual([first.id, "true"]);
  });

  it("carry large payloads too", async () => {
    const { tenant, jobs } = await jobsOfNewTenant();
    const payload = "x".repeat(100_000);
    const { id } = await jobs.enqueue("echo", payload);
    expect(await jobs.wait(id, { timeout: 10 })).toMatchObject({ payload, result: payload });
    expect(await storedObjects(tenant.id)).toHaveLength(2);
  });
});

describe("a refused call", () => {
  it("says when to come back", async () => {
    const { jobs } = await jobsOfNewTenant({ rate: 1, burst: 30 });
    const many = Array.from({ length: 30 }, () => ({ type: "noop" as const, payload: null }));
    await jobs.enqueueMany(many);
    const error = await refusal(jobs.enqueueMany(many));
    expect(error).toMatchObject({ code: "rate_limited", status: 503, limit: { name: "rate", max: 30 } });
    expect(error.retryAfterMs).toBeGreaterThan(10_000);
    expect(error.retryAfterMs).toBeLessThanOrEqual(30_000);
  });

  it("says that there is no such tenant", async () => {
    const jobs = sluice.jobs(env, "nobody");
    expect(await refusal(jobs.enqueue("noop", null))).toMatchObject({ code: "tenant_not_found", status: 404 });
    expect(await refusal(jobs.get(uuidv7()))).toMatchObject({ code: "job_not_found", status: 404 });
    expect(await listed(jobs.list())).toEqual([]);
  });

  it("says that there is no such job, nor another tenant's", async () => {
    const [{ jobs }, other] = [await jobsOfNewTenant(), await jobsOfNewTenant()];
    const { id } = await other.jobs.enqueue("noop", null);
    for (const foreign of [id, "job-1"]) {
      expect(await refusal(jobs.get(foreign))).toMatchObject({ code: "job_not_found", status: 404 });
      expect(await refusal(jobs.wait(foreign))).toMatchObject({ code: "job_not_found", status: 404 });
      expect(await refusal(jobs.cancel(foreign))).toMatchObject({ code: "job_not_found", status: 404 });
    }
  });

  it("says that JSON cannot carry a payload", async () => {
    const { jobs } = await jobsOfNewTenant();
    const cycle: unknown[] = [];
    cycle.push(cycle);
    for (const payload of [1n, cycle]) {
      const error = await refusal(jobs.enqueue("echo", payload));
      expect(error).toMatchObject({ code: "invalid_request", errors: [{ pointer: "#/payload", code: "not_json" }] });
    }
  });
});

describe("a payload that JSON changes", () => {
  const appointment = defineHandler({
    type: "appointment",
    input: z.object({ at: z.date() }),
    run: ({ at }) => at.getTime(),
  });
  const strict = createSluice({ handlers: [appointment] });

  it("is refused when it is enqueued, not when its job runs", async () => {
    const tenant = await createTenant();
    const error = await refusal(strict.jobs(env, tenant.id).enqueue("appointment", { at: new Date() }));
    expect(error.errors).toMatchObject([{ pointer: "#/payload/at", code: "invalid_type" }]);
    expect(await countJobs(tenant.id)).toBe(0);
  });

  it("is stored as JSON has it", async () => {
    const { jobs } = await jobsOfNewTenant();
    const { id } = await jobs.enqueue("echo", { kept: 1, left: undefined, at: new Date(0), set: new Set([1]) });
    const { result } = await jobs.wait(id, { timeout: 10 });
    expect(result).toEqual({ kept: 1, at: "1970-01-01T00:00:00.000Z", set: {} });
  });
});
