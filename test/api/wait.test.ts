import { afterEach, describe, expect, it, vi } from "vitest";
import { apiOf } from "../support/api.ts";
import { interceptSessions } from "../support/d1-faults.ts";
import { hold, starts } from "../support/handlers.ts";
import { releaseHeldJobs, runHeldJob } from "../support/held-jobs.ts";
import { expectProblem } from "../support/problems.ts";
import { createTenant } from "../support/tenants.ts";

afterEach(() => {
  releaseHeldJobs();
  vi.restoreAllMocks();
});

describe("waiting on POST /v1/jobs", () => {
  it("answers 200 with the result when the job finishes in time", async () => {
    const api = apiOf(await createTenant());
    const posted = await api.post("/v1/jobs?wait=10", { type: "greet", payload: { name: "Ada" } });
    expect(posted.status).toBe(200);
    expect(posted.body).toMatchObject({ state: "succeeded", result: "hello Ada" });
    expect(posted.headers.get("Location")).toBe(`https://sluice.test/v1/jobs/${posted.body.id}`);
  });

  it("answers 200 when the job has failed: that is no error of the request", async () => {
    const api = apiOf(await createTenant());
    const posted = await api.post("/v1/jobs?wait=10", { type: "fatal", payload: { name: "never" } });
    expect(posted.status).toBe(200);
    expect(posted.body).toMatchObject({
      state: "failed",
      result: null,
      errors: [{ attempt: 1, kind: "error", name: "FatalError", message: "never again" }],
    });
  });

  it("answers 202 with the job as it is when it does not finish in time", async () => {
    const api = apiOf(await createTenant());
    const name = crypto.randomUUID();
    hold(name);
    const posted = await api.post("/v1/jobs?wait=0.2", { type: "held", payload: { name } });
    expect(posted.status).toBe(202);
    expect(posted.body).toMatchObject({ result: null, finishedAt: null });
    expect(["queued", "running"]).toContain(posted.body.state);
  });

  it("confirms a Prefer header, clamped to 30 s", async () => {
    const api = apiOf(await createTenant());
    const job = { type: "greet", payload: { name: "Ada" } };
    const preferred = await api.post("/v1/jobs", job, { Prefer: "respond-async, wait=10" });
    expect([preferred.status, preferred.headers.get("Preference-Applied")]).toEqual([200, "wait=10"]);
    const clamped = await api.post("/v1/jobs", job, { Prefer: "wait=86400" });
    expect([clamped.status, clamped.headers.get("Preference-Applied")]).toEqual([200, "wait=30"]);
  });

  it.each(["respond-async", "wait", "wait=", "wait=soon", "await=5", "wait=-1"])(
    "does not wait for a Prefer header of %s",
    async (preference) => {
      const api = apiOf(await createTenant());
      const posted = await api.post("/v1/jobs", { type: "noop" }, { Prefer: preference });
      expect([posted.status, posted.headers.get("Preference-Applied")]).toEqual([202, null]);
    },
  );

  it("confirms no preference on a request that it refuses", async () => {
    const api = apiOf(await createTenant());
    const refused = await api.post("/v1/jobs", { type: "nowhere" }, { Prefer: "wait=5" });
    expect([refused.status, refused.headers.get("Preference-Applied")]).toEqual([422, null]);
  });
});

describe("waiting on GET /v1/jobs/:id", () => {
  it("answers at once when the job finishes", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const held = await runHeldJob(tenant);
    let answered = false;
    const waiting = api.get(`/v1/jobs/${held.id}?wait=30`).finally(() => {
      answered = true;
    });
    // What is asked without waiting is answered, and this still is not.
    expect((await api.get(`/v1/jobs/${held.id}`)).body.state).toBe("running");
    expect(answered).toBe(false);
    const releasedAt = Date.now();
    await held.release();
    const { status, body } = await waiting;
    expect([status, body.state, body.result]).toEqual([200, "succeeded", held.name]);
    expect(Date.now() - releasedAt).toBeLessThan(10_000);
  });

  it("answers 200 with the job as it is when it does not finish in time", async () => {
    const tenant = await createTenant();
    const held = await runHeldJob(tenant);
    const waited = await apiOf(tenant).get(`/v1/jobs/${held.id}`, { Prefer: "wait=1" });
    expect([waited.status, waited.body.state]).toEqual([200, "running"]);
    expect(waited.headers.get("Preference-Applied")).toBe("wait=1");
  });

  it("answers at once for a job that has finished before", async () => {
    const api = apiOf(await createTenant());
    const { body } = await api.post("/v1/jobs?wait=10", { type: "noop" });
    const again = await api.get(`/v1/jobs/${body.id}?wait=30`);
    expect(again.body).toMatchObject({ state: "succeeded", result: "done" });
  });

  it("answers everybody who waits for the same job", async () => {
    const tenant = await createTenant();
    const held = await runHeldJob(tenant);
    const waiting = Array.from({ length: 5 }, () => apiOf(tenant).get(`/v1/jobs/${held.id}?wait=30`));
    await held.release();
    const states = (await Promise.all(waiting)).map(({ body }) => body.state);
    expect(states).toEqual(Array.from({ length: 5 }, () => "succeeded"));
  });

  it("waits through retries until the job ends", async () => {
    const api = apiOf(await createTenant());
    const name = crypto.randomUUID();
    const { body } = await api.post("/v1/jobs?wait=20", { type: "flaky", payload: { name, failures: 2 } });
    expect(body).toMatchObject({ state: "succeeded", attempt: 3, result: 3 });
    expect(starts.get(name)).toBe(3);
  });

  it("is answered when the job is cancelled", async () => {
    const tenant = await createTenant({ concurrency: 1 });
    const api = apiOf(tenant);
    await runHeldJob(tenant);
    const { body: queued } = await api.post("/v1/jobs", { type: "noop" });
    const waiting = api.get(`/v1/jobs/${queued.id}?wait=30`);
    await api.post(`/v1/jobs/${queued.id}/cancel`);
    expect((await waiting).body.state).toBe("cancelled");
  });
});

describe("a job that was stored", () => {
  it("is answered with 202 even when it cannot be read for waiting", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    interceptSessions((session) => ({
      prepare: (sql: string) => {
        if (/from "?jobs"? where/i.test(sql)) throw new Error("D1_ERROR: Network connection lost.");
        return session.prepare(sql);
      },
    }));
    const logged = [vi.spyOn(console, "warn"), vi.spyOn(console, "error")].map((spy) => spy.mockReturnValue());
    const posted = await api.post("/v1/jobs?wait=10", { type: "noop" });
    expectProblem(await api.get(`/v1/jobs/${posted.body.id}`), "storage_unavailable");
    expect([posted.status, posted.body.state]).toEqual([202, "queued"]);
    for (const log of logged) expect(log).toHaveBeenCalledOnce();
  });
});
