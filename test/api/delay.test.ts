import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { bringForward } from "../../src/storage/bring-forward.ts";
import { drain } from "../../src/testing/drain.ts";
import { apiOf } from "../support/api.ts";
import { fireAlarm, stubOf } from "../support/gate.ts";
import { releaseHeldJobs, runHeldJob } from "../support/held-jobs.ts";
import { expectProblem } from "../support/problems.ts";
import { rowOf, setRow } from "../support/rows.ts";
import { interceptSends } from "../support/sends.ts";
import { createTenant } from "../support/tenants.ts";

afterEach(() => {
  vi.restoreAllMocks();
  releaseHeldJobs();
});

const NOOP = { type: "noop" };
const alarmOf = (tenantId: string) => runInDurableObject(stubOf(tenantId), (_, { storage }) => storage.getAlarm());
const inMs = (iso: string) => Date.parse(iso) - Date.now();

describe("a job with a delay", () => {
  it("is scheduled, starts within a second of its time, and not before it", async () => {
    const api = apiOf(await createTenant());
    const { status, body } = await api.post("/v1/jobs", { ...NOOP, delay: "400ms" });
    expect([status, body.state]).toEqual([202, "scheduled"]);
    expect(inMs(body.dueAt)).toBeLessThanOrEqual(400);
    const { body: ended } = await api.get(`/v1/jobs/${body.id}?wait=10`);
    expect(ended).toMatchObject({ state: "succeeded", attempt: 1 });
    const late = Date.parse(ended.startedAt) - Date.parse(body.dueAt);
    expect(late).toBeGreaterThanOrEqual(0);
    expect(late).toBeLessThan(1_000);
  });

  it("may be due in any number of years, as seconds, a duration or a time", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const later = new Date(Date.now() + 40 * 365 * 86_400_000).toISOString();
    const jobs = [{ delay: 86_400 }, { delay: "2h" }, { runAt: later }].map((timing) => ({ ...NOOP, ...timing }));
    const { body } = await api.post("/v1/jobs/batch", { jobs });
    expect(body.data.map(({ state }: { state: string }) => state)).toEqual(["scheduled", "scheduled", "scheduled"]);
    expect(inMs(body.data[0].dueAt)).toBeGreaterThan(86_300_000);
    expect(body.data[2].dueAt).toBe(later);
    // The earliest of them wakes the gate.
    expect(await alarmOf(tenant.id)).toBe(Date.parse(body.data[1].dueAt));
    const ended = await drain(env, tenant.id);
    expect(ended.map(({ state }) => state)).toEqual(["succeeded", "succeeded", "succeeded"]);
  });

  it("starts at once when its time has passed", async () => {
    const { body } = await apiOf(await createTenant()).post("/v1/jobs?wait=10", {
      ...NOOP,
      runAt: "2001-01-01T00:00:00Z",
    });
    expect(body).toMatchObject({ state: "succeeded", dueAt: null });
  });

  it("takes no slot, and no place before those that are due", async () => {
    const tenant = await createTenant({ concurrency: 1 });
    const api = apiOf(tenant);
    await api.post("/v1/jobs/batch", { jobs: Array.from({ length: 5 }, () => ({ ...NOOP, delay: "1h" })) });
    expect((await api.post("/v1/jobs?wait=10", NOOP)).body.state).toBe("succeeded");
  });

  it("is the same job when its request is repeated, and another when its delay is", async () => {
    const api = apiOf(await createTenant());
    const job = { ...NOOP, delay: "1h", idempotencyKey: "k" };
    const [first, again] = [await api.post("/v1/jobs", job), await api.post("/v1/jobs", job)];
    expect(again.body).toEqual(first.body);
    expectProblem(await api.post("/v1/jobs", { ...job, delay: "2h" }), "idempotency_key_reused");
  });

  it("waits for room when there is none at its time", async () => {
    const tenant = await createTenant({ concurrency: 1 });
    const api = apiOf(tenant);
    const held = await runHeldJob(tenant);
    const { body } = await api.post("/v1/jobs", { ...NOOP, delay: "1h" });
    await bringForward(env.DB, tenant.id, Date.now());
    await fireAlarm(tenant.id);
    expect(await rowOf(tenant.id, body.id)).toMatchObject({ state: "queued", released: 0, due_at: null });
    await held.release();
    expect((await api.get(`/v1/jobs/${body.id}?wait=10`)).body.state).toBe("succeeded");
  });
});

describe("POST /v1/jobs/:id/run", () => {
  it("runs a scheduled job now", async () => {
    const api = apiOf(await createTenant());
    const { body } = await api.post("/v1/jobs", { ...NOOP, delay: "7d" });
    expect((await api.post(`/v1/jobs/${body.id}/run`)).status).toBe(200);
    expect((await api.get(`/v1/jobs/${body.id}?wait=10`)).body.state).toBe("succeeded");
  });

  it("runs a job now that waits for its next attempt", async () => {
    const api = apiOf(await createTenant());
    const { body } = await api.post("/v1/jobs", {
      type: "later",
      payload: { name: "x", after: 3_600 },
      maxAttempts: 2,
    });
    const state = async (wanted: string) => expect((await api.get(`/v1/jobs/${body.id}`)).body.state).toBe(wanted);
    await vi.waitFor(() => state("retrying"), { timeout: 10_000 });
    await api.post(`/v1/jobs/${body.id}/run`);
    await vi.waitFor(() => state("failed"), { timeout: 10_000 });
  });

  it("changes nothing for a job that waits for no later time, or that is not there", async () => {
    const [tenant, other] = [await createTenant(), await createTenant()];
    const api = apiOf(tenant);
    const held = await runHeldJob(tenant);
    expectProblem(await api.post(`/v1/jobs/${held.id}/run`), "job_not_waiting");
    await held.release();
    expectProblem(await api.post(`/v1/jobs/${held.id}/run`), "job_finished");
    expectProblem(await apiOf(other).post(`/v1/jobs/${held.id}/run`), "job_not_found");
  });
});

describe("a job that expires", () => {
  it("ends cancelled when nobody has started it by then, wherever it waits", async () => {
    const tenant = await createTenant({ concurrency: 1 });
    const api = apiOf(tenant);
    const held = await runHeldJob(tenant);
    const { body: waiting } = await api.post("/v1/jobs", { ...NOOP, expireIn: "300ms" });
    expect(inMs(waiting.expiresAt)).toBeLessThanOrEqual(300);
    const { body: ended } = await api.get(`/v1/jobs/${waiting.id}?wait=10`);
    expect(ended).toMatchObject({ state: "cancelled", cancelReason: "expired", attempt: 0 });
    expect(Date.parse(ended.finishedAt) - Date.parse(waiting.expiresAt)).toBeLessThan(1_000);
    await held.release();
    expect((await api.post("/v1/jobs?wait=10", NOOP)).body.state).toBe("succeeded");
  });

  it("is not started any more when its message comes too late, and gives its slot back", async () => {
    const tenant = await createTenant({ concurrency: 1 });
    const api = apiOf(tenant);
    const held = await runHeldJob(tenant);
    await setRow(tenant.id, held.id, { timeout_ms: 30_000 });
    interceptSends();
    await held.release();
    const { body } = await api.post("/v1/jobs", { ...NOOP, expireIn: "1h" });
    expect(await rowOf(tenant.id, body.id)).toMatchObject({ state: "queued", released: 1 });
    await setRow(tenant.id, body.id, { expires_at: Date.now() - 1 });
    vi.restoreAllMocks();
    await env.JOBS.send({ v: 1, tenantId: tenant.id, jobIds: [body.id] });
    const { body: next } = await api.post("/v1/jobs", NOOP);
    await fireAlarm(tenant.id);
    expect((await api.get(`/v1/jobs/${body.id}?wait=10`)).body).toMatchObject({ cancelReason: "expired", attempt: 0 });
    expect((await api.get(`/v1/jobs/${next.id}?wait=10`)).body.state).toBe("succeeded");
  });

  it("runs to its end once it was started", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const job = { type: "later", payload: { name: "x", after: 3_600 }, maxAttempts: 2, expireIn: "1h" };
    const { id } = (await api.post("/v1/jobs", job)).body;
    await vi.waitFor(async () => expect(await rowOf(tenant.id, id)).toMatchObject({ state: "retrying" }), 10_000);
    await setRow(tenant.id, id, { expires_at: Date.now() - 2, due_at: Date.now() - 1 });
    await fireAlarm(tenant.id);
    const { body } = await api.get(`/v1/jobs/${id}?wait=10`);
    expect(body).toMatchObject({ state: "failed", attempt: 2, cancelReason: null });
  });
});
