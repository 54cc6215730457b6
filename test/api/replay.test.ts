import { env } from "cloudflare:workers";
import { v7 as uuidv7 } from "uuid";
import { afterEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { toBlobId } from "../../src/domain/blob.ts";
import { firstJobIdAt } from "../../src/domain/id.ts";
import { sweepObjects } from "../../src/maintenance/sweep-objects.ts";
import { createSluice, defineHandler } from "../../src/sluice.ts";
import { apiOf } from "../support/api.ts";
import { finishedJobs } from "../support/finished-jobs.ts";
import { hold, starts } from "../support/handlers.ts";
import { releaseHeldJobs, runHeldJob } from "../support/held-jobs.ts";
import { expectProblem } from "../support/problems.ts";
import { rowOf } from "../support/rows.ts";
import { countJobs, storedObjects } from "../support/stored-jobs.ts";
import { createTenant } from "../support/tenants.ts";
import sluice from "../support/worker.ts";

const DAY = 86_400_000;
const fatal = { type: "fatal", payload: { name: "never" } };

afterEach(() => {
  vi.restoreAllMocks();
  releaseHeldJobs();
});

async function deleteJob(tenantId: string, id: string): Promise<void> {
  await env.DB.prepare("DELETE FROM jobs WHERE tenant_id = ?1 AND id = ?2").bind(tenantId, id).run();
}

describe("POST /v1/jobs/:id/replay", () => {
  it("makes a new job of a failed one, with new attempts, and leaves that as it is", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const options = { queue: "mail", priority: 8, maxAttempts: 3, expireIn: "1h", delay: "1ms" };
    const { body: failed } = await api.post("/v1/jobs?wait=10", { ...fatal, ...options });
    expect(failed).toMatchObject({ state: "failed", replayOf: null });
    const before = await rowOf(tenant.id, failed.id);
    const replayed = await api.post(`/v1/jobs/${failed.id}/replay`);
    expect(replayed.status).toBe(202);
    expect(replayed.body).toMatchObject({
      type: "fatal",
      queue: "mail",
      priority: 8,
      maxAttempts: 3,
      state: "queued",
      attempt: 0,
      replayOf: failed.id,
      expiresAt: null,
      errors: [],
    });
    expect(replayed.body.id).not.toBe(failed.id);
    expect(replayed.headers.get("Location")).toBe(`https://sluice.test/v1/jobs/${replayed.body.id}`);
    expect(replayed.headers.get("RateLimit")).toBeTruthy();
    const { body: ended } = await api.get(`/v1/jobs/${replayed.body.id}?wait=10`);
    expect(ended).toMatchObject({ state: "failed", attempt: 1, replayOf: failed.id, payload: { name: "never" } });
    expect(await rowOf(tenant.id, failed.id)).toEqual(before);
  });

  it.each([
    ["succeeded", { type: "noop" }],
    ["failed", fatal],
  ])("takes a job that has %s", async (state, job) => {
    const api = apiOf(await createTenant());
    const { body } = await api.post("/v1/jobs?wait=10", job);
    expect(body.state).toBe(state);
    expect((await api.post(`/v1/jobs/${body.id}/replay`)).status).toBe(202);
  });

  it("takes a cancelled job, and a replay itself", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const { body: later } = await api.post("/v1/jobs", { type: "noop", delay: "1h" });
    await api.post(`/v1/jobs/${later.id}/cancel`);
    const { body: first } = await api.post(`/v1/jobs/${later.id}/replay`);
    expect((await api.get(`/v1/jobs/${first.id}?wait=10`)).body).toMatchObject({ state: "succeeded", dueAt: null });
    const { body: second } = await api.post(`/v1/jobs/${first.id}/replay`);
    expect(second.replayOf).toBe(first.id);
    expect((await api.get(`/v1/jobs/${second.id}?wait=10`)).body.state).toBe("succeeded");
  });

  it("takes no job that has not finished", async () => {
    const tenant = await createTenant({ concurrency: 1 });
    const api = apiOf(tenant);
    const held = await runHeldJob(tenant);
    const { body: queued } = await api.post("/v1/jobs", { type: "noop" });
    const { body: later } = await api.post("/v1/jobs", { type: "noop", delay: "1h" });
    for (const [id, state] of [
      [held.id, "running"],
      [queued.id, "queued"],
      [later.id, "scheduled"],
    ]) {
      const { detail } = expectProblem(await api.post(`/v1/jobs/${id}/replay`), "job_not_finished");
      expect(detail).toBe(`Job ${id} is ${state}`);
    }
    expect(await countJobs(tenant.id)).toBe(3);
  });

  it("finds no job that is not there, nor another tenant's", async () => {
    const [tenant, stranger] = [await createTenant(), await createTenant()];
    const { body } = await apiOf(tenant).post("/v1/jobs?wait=10", fatal);
    for (const id of [body.id, uuidv7(), "job-1"]) {
      expectProblem(await apiOf(stranger).post(`/v1/jobs/${id}/replay`), "job_not_found");
    }
    expect(await countJobs(stranger.id)).toBe(0);
    expectProblem(await apiOf(tenant).get(`/v1/jobs/${body.id}/replay`), "method_not_allowed");
  });

  it("is done once for the same key or id, and for another job it is another request", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const { body: one } = await api.post("/v1/jobs?wait=10", fatal);
    const { body: two } = await api.post("/v1/jobs?wait=10", fatal);
    const id = uuidv7();
    for (const [body, headers, by] of [
      [undefined, { "Idempotency-Key": "again" }, "idempotencyKey"],
      [{ id }, {}, "id"],
    ] as const) {
      const first = await api.post(`/v1/jobs/${one.id}/replay`, body, headers);
      expect([first.status, first.headers.get("Idempotent-Replayed")]).toEqual([202, null]);
      await api.get(`/v1/jobs/${first.body.id}?wait=10`);
      const again = await api.post(`/v1/jobs/${one.id}/replay`, body, headers);
      expect([again.status, again.body.id, again.body.state]).toEqual([202, first.body.id, "failed"]);
      expect(again.headers.get("Idempotent-Replayed")).toBe("true");
      const other = expectProblem(await api.post(`/v1/jobs/${two.id}/replay`, body, headers), "idempotency_key_reused");
      expect(other.errors).toMatchObject([{ pointer: `#/${by}` }]);
    }
    expect(await countJobs(tenant.id)).toBe(4);
  });

  it.each([
    ["a field that there is not", { payload: {} }, "#/payload"],
    ["an id that is none", { id: "job-1" }, "#/id"],
  ])("does not take %s", async (_, body, where) => {
    const api = apiOf(await createTenant());
    const refused = expectProblem(await api.post(`/v1/jobs/${uuidv7()}/replay`, body), "invalid_request");
    expect(refused.errors).toMatchObject([{ pointer: where }]);
  });

  it("is turned away by the tenant's limits as any job, and changes nothing then", async () => {
    const tenant = await createTenant({ rate: 1, burst: 20 });
    const api = apiOf(tenant);
    const { body } = await api.post("/v1/jobs?wait=10", { type: "echo", payload: "x".repeat(40_000) });
    const before = await storedObjects(tenant.id);
    await api.post("/v1/jobs/batch", { jobs: Array.from({ length: 19 }, () => ({ type: "noop" })) });
    const refused = await api.post(`/v1/jobs/${body.id}/replay`);
    expectProblem(refused, "rate_limited");
    expect(refused.headers.get("Retry-After")).toMatch(/^\d+$/);
    expect(await storedObjects(tenant.id)).toEqual(before);
    expect(await countJobs(tenant.id)).toBe(20);
  });

  it("copies a payload in R2, which then lives as long as the new job", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const payload = "x".repeat(40_000);
    const { body: original } = await api.post("/v1/jobs?wait=10", { type: "echo", payload });
    const { body: replay } = await api.post(`/v1/jobs/${original.id}/replay`, undefined, { "Idempotency-Key": "r" });
    await api.get(`/v1/jobs/${replay.id}?wait=10`);
    expect(await storedObjects(tenant.id)).toHaveLength(4);
    await api.post(`/v1/jobs/${original.id}/replay`, undefined, { "Idempotency-Key": "r" });
    expect(await storedObjects(tenant.id)).toHaveLength(4);
    await deleteJob(tenant.id, original.id);
    await env.DB.prepare("DELETE FROM chores").run();
    await sweepObjects(env, Date.now() + 2 * DAY);
    const left = await storedObjects(tenant.id);
    expect(left.map((key) => key.split("/")[0])).toEqual([replay.id, replay.id]);
    expect((await api.get(`/v1/jobs/${replay.id}`)).body).toMatchObject({ payload, result: payload });
  });

  it("names the blobs of the payload again, though they are older than 24 hours", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const blob = toBlobId(firstJobIdAt(Date.now() - 2 * DAY));
    await env.BLOBS.put(`${tenant.id}/blobs/${blob}`, "hello", { httpMetadata: { contentType: "text/plain" } });
    const payload = { text: { blob } };
    const createdAt = Date.now() - 2 * DAY;
    const [original] = await finishedJobs(tenant.id, 1, { type: "shout", payload, createdAt });
    await env.DB.prepare("INSERT INTO job_blobs (tenant_id, blob_id, job_id) VALUES (?1, ?2, ?3)")
      .bind(tenant.id, blob, original)
      .run();
    expectProblem(await api.post("/v1/jobs", { type: "shout", payload }), "invalid_request");
    const { status, body: replay } = await api.post(`/v1/jobs/${original}/replay`);
    expect(status).toBe(202);
    expect((await api.get(`/v1/jobs/${replay.id}?wait=10`)).body.state).toBe("succeeded");
    await deleteJob(tenant.id, original!);
    await env.DB.prepare("DELETE FROM chores").run();
    await sweepObjects(env, Date.now() + 3 * DAY);
    expect(await storedObjects(tenant.id)).toContain(`blobs/${blob}`);
    await deleteJob(tenant.id, replay.id);
    await sweepObjects(env, Date.now() + 6 * DAY);
    expect(await storedObjects(tenant.id)).not.toContain(`blobs/${blob}`);
  });

  it("is a 404 when retention deletes the original in between, and leaves nothing behind", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const { body } = await api.post("/v1/jobs?wait=10", { type: "echo", payload: "x".repeat(40_000) });
    const before = await storedObjects(tenant.id);
    const put = env.BLOBS.put.bind(env.BLOBS);
    vi.spyOn(env.BLOBS, "put").mockImplementation((async (...args: Parameters<typeof put>) => {
      await deleteJob(tenant.id, body.id);
      return put(...args);
    }) as never);
    const { detail } = expectProblem(await api.post(`/v1/jobs/${body.id}/replay`), "job_not_found");
    expect(detail).toContain(body.id);
    expect(await countJobs(tenant.id)).toBe(0);
    expect(await storedObjects(tenant.id)).toEqual(before);
    vi.restoreAllMocks();
    // Its slot and its token are free again.
    expect((await api.post("/v1/jobs?wait=10", { type: "noop" })).body.state).toBe("succeeded");
  });

  it("is refused when its payload's object is gone", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const { body } = await api.post("/v1/jobs?wait=10", { type: "echo", payload: "x".repeat(40_000) });
    await env.BLOBS.delete(String((await rowOf(tenant.id, body.id))["payload_blob"]));
    expectProblem(await api.post(`/v1/jobs/${body.id}/replay`), "not_replayable");
    expect(await countJobs(tenant.id)).toBe(1);
  });
});

describe("a replay under a later deployment", () => {
  const greet = defineHandler({
    type: "greet",
    input: z.object({ name: z.string(), language: z.string() }),
    timeout: "5m",
    run: ({ name }) => name,
  });
  const later = createSluice({ handlers: [greet] });

  it("has the present handler's timeout, and the attempts of the original", async () => {
    const tenant = await createTenant();
    const payload = { name: "Ada", language: "en" };
    const { body } = await apiOf(tenant).post("/v1/jobs?wait=10", { type: "greet", payload, maxAttempts: 2 });
    const { id } = await later.jobs(env, tenant.id).replay(body.id);
    expect(await rowOf(tenant.id, id)).toMatchObject({ timeout_ms: 300_000, solo: 1, max_attempts: 2 });
  });

  it("is refused, with a pointer, when the handler does not take the payload any more", async () => {
    const tenant = await createTenant();
    const { body } = await apiOf(tenant).post("/v1/jobs?wait=10", { type: "greet", payload: { name: "Ada" } });
    const refused = later.jobs(env, tenant.id).replay(body.id);
    await expect(refused).rejects.toMatchObject({
      code: "not_replayable",
      status: 422,
      errors: [{ pointer: "#/payload/language" }],
    });
    expect(await countJobs(tenant.id)).toBe(1);
  });

  it("is refused when there is no handler of its type any more", async () => {
    const tenant = await createTenant();
    const { body } = await apiOf(tenant).post("/v1/jobs?wait=10", fatal);
    await expect(later.jobs(env, tenant.id).replay(body.id)).rejects.toMatchObject({ code: "unknown_type" });
  });

  it("runs in the same Worker without HTTP", async () => {
    const tenant = await createTenant();
    const jobs = sluice.jobs(env, tenant.id);
    const name = crypto.randomUUID();
    const { reject } = hold(name);
    const job = await jobs.enqueue("held", { name }, { maxAttempts: 1 });
    await vi.waitFor(() => expect(starts.get(name)).toBe(1), { timeout: 10_000, interval: 5 });
    reject(new Error("not yet"));
    expect(await jobs.wait(job.id)).toMatchObject({ state: "failed" });
    hold(name).resolve();
    const replay = await jobs.replay(job.id);
    expect(replay.replayOf).toBe(job.id);
    expect(await jobs.wait(replay.id)).toMatchObject({ state: "succeeded", attempt: 1, result: name });
  });
});
