import { afterEach, describe, expect, it, vi } from "vitest";
import { apiOf } from "../support/api.ts";
import { releaseHeldJobs, runHeldJob } from "../support/held-jobs.ts";
import { createTenant } from "../support/tenants.ts";

afterEach(releaseHeldJobs);

describe("GET /v1/jobs/:id", () => {
  it("shows a job that waits for room", async () => {
    const tenant = await createTenant({ concurrency: 1 });
    const api = apiOf(tenant);
    await runHeldJob(tenant);
    const { body } = await api.post("/v1/jobs", { type: "greet", payload: { name: "Ada" } });
    const { status, body: queued } = await api.get(`/v1/jobs/${body.id}`);
    expect(status).toBe(200);
    expect(queued).toEqual({ ...body, payload: { name: "Ada" }, result: null, logs: [], steps: [] });
  });

  it("shows a job that runs, without the times that are the gate's own", async () => {
    const tenant = await createTenant();
    const held = await runHeldJob(tenant);
    const { body } = await apiOf(tenant).get(`/v1/jobs/${held.id}`);
    expect(body).toMatchObject({ state: "running", attempt: 1, dueAt: null, finishedAt: null, result: null });
    expect(Date.parse(body.startedAt)).toBeGreaterThanOrEqual(Date.parse(body.createdAt));
  });

  it("shows when a job is tried again, and why the attempts before failed", async () => {
    const api = apiOf(await createTenant());
    const { body } = await api.post("/v1/jobs", { type: "later", payload: { name: "busy", after: 3_600 } });
    await vi.waitFor(
      async () => {
        const { body: job } = await api.get(`/v1/jobs/${body.id}`);
        expect(job).toMatchObject({ state: "retrying", attempt: 1, finishedAt: null });
        expect(Date.parse(job.dueAt) - Date.parse(job.errors[0].at)).toBe(3_600_000);
        expect(job.errors).toMatchObject([{ attempt: 1, kind: "error", name: "RetryError", message: "not now" }]);
      },
      { timeout: 10_000 },
    );
  });

  it("shows every failed attempt of a job that succeeded in the end", async () => {
    const api = apiOf(await createTenant());
    const payload = { name: crypto.randomUUID(), failures: 2 };
    const { body } = await api.post("/v1/jobs?wait=20", { type: "flaky", payload });
    expect(body).toMatchObject({ state: "succeeded", attempt: 3, dueAt: null });
    expect(body.errors.map(({ attempt, message }: Record<string, unknown>) => [attempt, message])).toEqual([
      [1, "failure 1"],
      [2, "failure 2"],
    ]);
  });

  it("gives a bookmark, and takes one", async () => {
    const api = apiOf(await createTenant());
    const posted = await api.post("/v1/jobs", { type: "noop" });
    const read = await api.get(`/v1/jobs/${posted.body.id}`, {
      "Sluice-Bookmark": posted.headers.get("Sluice-Bookmark") ?? "",
    });
    expect([read.status, read.headers.get("Sluice-Bookmark")]).toEqual([200, expect.stringMatching(/^[0-9a-f-]+$/)]);
  });
});
