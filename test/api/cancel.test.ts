import { afterEach, describe, expect, it, vi } from "vitest";
import { apiOf } from "../support/api.ts";
import { fireAlarm } from "../support/gate.ts";
import { hold, starts } from "../support/handlers.ts";
import { releaseHeldJobs, runHeldJob } from "../support/held-jobs.ts";
import { expectProblem } from "../support/problems.ts";
import { setRow } from "../support/rows.ts";
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

  it("asks a job that runs to end: its signal aborts, and it is cancelled within seconds", async () => {
    const tenant = await createTenant({ concurrency: 1 });
    const api = apiOf(tenant);
    const name = crypto.randomUUID();
    const { body: patient } = await api.post("/v1/jobs", { type: "patient", payload: { name } });
    await vi.waitFor(() => expect(starts.get(name)).toBe(1), { timeout: 10_000, interval: 5 });
    const asked = await api.post(`/v1/jobs/${patient.id}/cancel`);
    expect([asked.status, asked.body.state]).toEqual([202, "running"]);
    const { body: cancelled } = await api.get(`/v1/jobs/${patient.id}?wait=10`);
    expect(cancelled).toMatchObject({
      state: "cancelled",
      cancelReason: "requested",
      attempt: 1,
      errors: [{ attempt: 1, kind: "cancelled", message: "the job was cancelled" }],
    });
    expect(starts.get(`${name}:the job was cancelled`)).toBe(1);
    // Its slot is free again.
    expect((await api.post("/v1/jobs?wait=10", { type: "noop" })).body.state).toBe("succeeded");
    expectProblem(await api.post(`/v1/jobs/${patient.id}/cancel`), "job_finished");
  });

  it("lets a job that runs succeed if it is done before it learns of it", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const held = await runHeldJob(tenant);
    expect((await api.post(`/v1/jobs/${held.id}/cancel`)).status).toBe(202);
    await held.release();
    expect((await api.get(`/v1/jobs/${held.id}`)).body).toMatchObject({ state: "succeeded", cancelReason: null });
  });

  it("does not try a job again that fails after somebody has cancelled it", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const name = crypto.randomUUID();
    const { reject } = hold(name);
    const { body } = await api.post("/v1/jobs", { type: "held", payload: { name } });
    await vi.waitFor(() => expect(starts.get(name)).toBe(1), { timeout: 10_000, interval: 5 });
    await api.post(`/v1/jobs/${body.id}/cancel`);
    reject(new Error("no luck"));
    const { body: ended } = await api.get(`/v1/jobs/${body.id}?wait=10`);
    expect(ended).toMatchObject({ state: "cancelled", attempt: 1, dueAt: null, errors: [{ message: "no luck" }] });
    expect(starts.get(name)).toBe(1);
  });

  it("ends a job whose Worker died after somebody has cancelled it", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const held = await runHeldJob(tenant);
    await api.post(`/v1/jobs/${held.id}/cancel`);
    await setRow(tenant.id, held.id, { due_at: Date.now() - 1, lease_until: Date.now() - 1 });
    await fireAlarm(tenant.id);
    expect((await api.get(`/v1/jobs/${held.id}`)).body).toMatchObject({
      state: "cancelled",
      errors: [{ kind: "crash", name: "SharedCrash" }],
    });
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
