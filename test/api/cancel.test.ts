import { afterEach, describe, expect, it, vi } from "vitest";
import { apiOf } from "../support/api.ts";
import { starts } from "../support/handlers.ts";
import { releaseHeldJobs, runHeldJob } from "../support/held-jobs.ts";
import { expectProblem } from "../support/problems.ts";
import { createTenant } from "../support/tenants.ts";

afterEach(releaseHeldJobs);

describe("POST /v1/jobs/:id/cancel", () => {
  it("cancels a job that waits for room, and it never runs", async () => {
    const tenant = await createTenant({ concurrency: 1 });
    const api = apiOf(tenant);
    const held = await runHeldJob(tenant);
    const name = crypto.randomUUID();
    const { body: queued } = await api.post("/v1/jobs", { type: "held", payload: { name } });
    const { body: after } = await api.post("/v1/jobs", { type: "noop" });

    const cancelled = await api.post(`/v1/jobs/${queued.id}/cancel`);
    expect(cancelled.status).toBe(200);
    expect(cancelled.body).toMatchObject({
      id: queued.id,
      state: "cancelled",
      attempt: 0,
      startedAt: null,
      finishedAt: expect.any(String),
      result: null,
    });

    // The job behind it runs, so its own turn has passed.
    await held.release();
    expect((await api.get(`/v1/jobs/${after.id}?wait=10`)).body.state).toBe("succeeded");
    expect(starts.has(name)).toBe(false);
    expect((await api.get(`/v1/jobs/${queued.id}`)).body.state).toBe("cancelled");
  });

  it("cancels a job that waits for its next attempt", async () => {
    const api = apiOf(await createTenant());
    const { body } = await api.post("/v1/jobs", { type: "later", payload: { name: "never", after: 3_600 } });
    const retrying = await vi.waitFor(
      async () => {
        const { body: job } = await api.get(`/v1/jobs/${body.id}`);
        expect(job.state).toBe("retrying");
        return job;
      },
      { timeout: 10_000 },
    );
    expect(Date.parse(retrying.dueAt)).toBeGreaterThan(Date.now() + 3_000_000);
    const cancelled = await api.post(`/v1/jobs/${body.id}/cancel`);
    expect(cancelled.body).toMatchObject({ state: "cancelled", attempt: 1, dueAt: null });
    expect(cancelled.body.errors).toMatchObject([{ name: "RetryError", message: "not now" }]);
  });

  it("gives the room of what it cancels back to the backlog", async () => {
    const tenant = await createTenant({ concurrency: 1, backlog: 1 });
    const api = apiOf(tenant);
    await runHeldJob(tenant);
    const { body: queued } = await api.post("/v1/jobs", { type: "noop" });
    expectProblem(await api.post("/v1/jobs", { type: "noop" }), "backlog_full");
    await api.post(`/v1/jobs/${queued.id}/cancel`);
    expect((await api.post("/v1/jobs", { type: "noop" })).status).toBe(202);
  });

  it("does not cancel a job that runs", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const held = await runHeldJob(tenant);
    expectProblem(await api.post(`/v1/jobs/${held.id}/cancel`), "job_running");
    await held.release();
  });

  it.each([
    ["succeeded", { type: "noop" }],
    ["failed", { type: "fatal", payload: { name: "never" } }],
  ])("does not cancel a job that has %s", async (state, job) => {
    const api = apiOf(await createTenant());
    const { body } = await api.post("/v1/jobs?wait=10", job);
    const { detail } = expectProblem(await api.post(`/v1/jobs/${body.id}/cancel`), "job_finished");
    expect(detail).toBe(`Job ${body.id} is ${state}`);
    expect((await api.get(`/v1/jobs/${body.id}`)).body.state).toBe(state);
  });

  it("cancels a job once", async () => {
    const tenant = await createTenant({ concurrency: 1 });
    const api = apiOf(tenant);
    await runHeldJob(tenant);
    const { body: queued } = await api.post("/v1/jobs", { type: "noop" });
    const answers = await Promise.all([1, 2].map(() => api.post(`/v1/jobs/${queued.id}/cancel`)));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    expectProblem(await api.post(`/v1/jobs/${queued.id}/cancel`), "job_finished");
  });
});
