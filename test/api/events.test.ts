import { runInDurableObject } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { apiOf } from "../support/api.ts";
import { type OpenStream, openEvents } from "../support/event-stream.ts";
import { stubOf } from "../support/gate.ts";
import { hold, starts } from "../support/handlers.ts";
import { releaseHeldJobs } from "../support/held-jobs.ts";
import { createTenant } from "../support/tenants.ts";

const open: OpenStream[] = [];

afterEach(async () => {
  releaseHeldJobs();
  await Promise.all(open.splice(0).map((stream) => stream.close().catch(() => undefined)));
});

async function follow(tenant: { key: string }, path = "/v1/events", headers = {}): Promise<OpenStream> {
  const stream = await openEvents(tenant, path, headers);
  open.push(stream);
  return stream;
}

async function names(stream: OpenStream, count: number): Promise<string[]> {
  const events = [];
  while (events.length < count) events.push((await stream.next())?.event ?? "the end");
  return events;
}

/** A job that has reported progress, and goes on when it is released. */
async function steppedJob(tenant: { key: string }): Promise<{ id: string; release: () => void }> {
  const name = crypto.randomUUID();
  const { resolve } = hold(name);
  const { body } = await apiOf(tenant).post("/v1/jobs", { type: "stepped", payload: { name }, queue: "steps" });
  await vi.waitFor(() => expect(starts.get(name)).toBe(1), { timeout: 10_000, interval: 5 });
  return { id: body.id, release: resolve };
}

describe("a tenant's live events", () => {
  it("tell of a job from its enqueueing to its end, with the progress in between", async () => {
    const tenant = await createTenant();
    const events = await follow(tenant);
    expect(events.response.headers.get("content-type")).toBe("text/event-stream");
    expect(events.response.headers.get("cache-control")).toBe("no-store");
    const { id, release } = await steppedJob(tenant);
    const job = { id, type: "stepped", queue: "steps", at: expect.any(String), error: null };
    const running = { ...job, state: "running", attempt: 1 };
    expect(await events.next()).toEqual({
      event: "job.enqueued",
      data: { ...job, state: "queued", attempt: 0, progress: null },
    });
    expect(await events.next()).toEqual({ event: "job.started", data: { ...running, progress: null } });
    expect(await events.next()).toEqual({
      event: "job.progress",
      data: { ...running, progress: { fraction: 0.25, message: "begun" } },
    });
    release();
    // The newest progress comes with the end, however soon that was.
    expect((await events.until("job.succeeded")).data).toEqual({
      ...job,
      state: "succeeded",
      attempt: 1,
      progress: { fraction: 1, message: "done" },
    });
  });

  it("tell why an attempt has failed, and that a job was cancelled", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const events = await follow(tenant, "/v1/events?event=job.retrying,job.succeeded,job.cancelled,job.failed");
    await api.post("/v1/jobs", { type: "flaky", payload: { name: crypto.randomUUID(), failures: 1 } });
    expect(await events.next()).toMatchObject({
      event: "job.retrying",
      data: { state: "retrying", attempt: 1, error: "Error" },
    });
    expect(await events.next()).toMatchObject({ event: "job.succeeded", data: { attempt: 2, error: null } });
    await api.post("/v1/jobs", { type: "fatal", payload: { name: "x" } });
    expect(await events.next()).toMatchObject({ event: "job.failed", data: { error: "FatalError" } });
    const { body: later } = await api.post("/v1/jobs", { type: "noop", payload: {}, delay: "1h" });
    await api.post(`/v1/jobs/${later.id}/cancel`);
    expect(await events.next()).toMatchObject({
      event: "job.cancelled",
      data: { id: later.id, type: "noop", queue: "default", state: "cancelled" },
    });
  });

  it("are only those of the queue and type that are asked for", async () => {
    const tenant = await createTenant();
    const events = await follow(tenant, "/v1/events?queue=q&type=echo");
    const jobs = [
      { type: "noop", queue: "q" },
      { type: "echo", queue: "other" },
      { type: "echo", queue: "q" },
    ].map((job) => ({ ...job, payload: {}, delay: "1h" }));
    await apiOf(tenant).post("/v1/jobs/batch", { jobs });
    expect(await events.next()).toMatchObject({ event: "job.enqueued", data: { type: "echo", queue: "q" } });
  });

  it("are never those of another tenant", async () => {
    const [tenant, other] = [await createTenant(), await createTenant()];
    const events = await follow(tenant);
    await apiOf(other).post("/v1/jobs", { type: "noop", payload: {}, delay: "1h" });
    const { body } = await apiOf(tenant).post("/v1/jobs", { type: "noop", payload: {}, delay: "1h" });
    expect((await events.next())?.data.id).toBe(body.id);
  });

  it("go on after the last one that was seen", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const post = async () => (await api.post("/v1/jobs", { type: "noop", payload: {}, delay: "1h" })).body.id;
    const before = await follow(tenant);
    await post();
    await before.next();
    await before.close();
    const [second, third] = [await post(), await post()];
    const after = await follow(tenant, "/v1/events", { "Last-Event-ID": before.lastEventId() });
    const fourth = await post();
    for (const id of [second, third, fourth]) expect((await after.next())?.data.id).toBe(id);
    const again = await follow(tenant, `/v1/events?lastEventId=${before.lastEventId()}`);
    expect((await again.next())?.data.id).toBe(second);
  });

  it("say what can no longer be told: after a restart, or when more has come than is kept", async () => {
    const tenant = await createTenant({ rate: 10_000, burst: 10_000, backlog: 10_000 });
    const stream = await follow(tenant);
    await apiOf(tenant).post("/v1/jobs", { type: "noop", payload: {}, delay: "1h" });
    await stream.next();
    const jobs = Array.from({ length: 1_000 }, () => ({ type: "noop", payload: {}, delay: "1h" }));
    for (let batch = 0; batch < 2; batch++) await apiOf(tenant).post("/v1/jobs/batch", { jobs });
    const overrun = await follow(tenant, "/v1/events", { "Last-Event-ID": stream.lastEventId() });
    expect(await overrun.next()).toEqual({ event: "events.missed", data: { reason: "overrun" } });
    expect(await names(overrun, 1_000)).toEqual(Array.from({ length: 1_000 }, () => "job.enqueued"));
    const other = await follow(tenant, "/v1/events", { "Last-Event-ID": "0-1" });
    expect(await other.next()).toEqual({ event: "events.missed", data: { reason: "restarted" } });
  });

  it("end for a reader that is too slow, which is told so", async () => {
    const tenant = await createTenant({ rate: 100_000, burst: 100_000, backlog: 100_000 });
    const stream = await follow(tenant);
    const jobs = Array.from({ length: 1_000 }, () => ({ type: "noop", payload: {}, delay: "1h" }));
    for (let batch = 0; batch < 8; batch++) await apiOf(tenant).post("/v1/jobs/batch", { jobs });
    expect((await stream.until("events.end")).data).toEqual({ reason: "slow" });
    expect(await stream.next()).toBeNull();
  });

  it("have so many streams at most; who leaves makes room", async () => {
    const tenant = await createTenant();
    const streams = await Promise.all(Array.from({ length: 100 }, () => follow(tenant)));
    const { status, body, headers } = await apiOf(tenant).get("/v1/events");
    expect({ status, code: body.code, limit: body.limit }).toEqual({
      status: 503,
      code: "overloaded",
      limit: { name: "streams", max: 100, current: 100 },
    });
    expect(headers.get("retry-after")).not.toBeNull();
    await streams[0]!.close();
    await vi.waitFor(() => follow(tenant), { timeout: 5_000 });
  });

  it("refuse what they do not know, and answer a HEAD without a stream", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    for (const query of ["?event=job.exploded", "?state=queued", `?lastEventId=${"x".repeat(101)}`]) {
      expect(await api.get(`/v1/events${query}`)).toMatchObject({ status: 400, body: { code: "invalid_parameter" } });
    }
    expect((await api.post("/v1/events", {})).status).toBe(405);
    const headers = { Authorization: `Bearer ${tenant.key}` };
    const head = await exports.default.fetch(new Request("https://sluice.test/v1/events", { method: "HEAD", headers }));
    expect([head.status, head.body]).toEqual([200, null]);
  });

  it("break off when their gate dies, and no job is lost with them", async () => {
    const tenant = await createTenant();
    const stream = await follow(tenant);
    const { id, release } = await steppedJob(tenant);
    await stream.until("job.started");
    await runInDurableObject(stubOf(tenant.id), (_, state) => state.abort("it crashed")).catch(() => undefined);
    await expect(stream.until("job.succeeded")).rejects.toThrow();
    release();
    expect((await apiOf(tenant).get(`/v1/jobs/${id}?wait=10`)).body.state).toBe("succeeded");
  });
});

describe("a job's live events", () => {
  it("begin with what it is, and end with its end", async () => {
    const tenant = await createTenant();
    const { body } = await apiOf(tenant).post("/v1/jobs", { type: "noop", payload: {}, delay: "1h" });
    const events = await follow(tenant, `/v1/jobs/${body.id}/events`);
    expect(await events.next()).toMatchObject({
      event: "job.state",
      data: { id: body.id, type: "noop", queue: "default", state: "scheduled", attempt: 0, progress: null },
    });
    await apiOf(tenant).post("/v1/jobs", { type: "noop", payload: {} });
    await apiOf(tenant).post(`/v1/jobs/${body.id}/run`);
    expect(await names(events, 3)).toEqual(["job.started", "job.succeeded", "the end"]);
  });

  it("are at once at their end when it has finished", async () => {
    const tenant = await createTenant();
    const { body } = await apiOf(tenant).post("/v1/jobs?wait=10", { type: "fatal", payload: { name: "x" } });
    const events = await follow(tenant, `/v1/jobs/${body.id}/events`);
    const state = { state: "failed", error: "FatalError", at: body.finishedAt };
    expect(await events.next()).toMatchObject({ event: "job.state", data: state });
    expect(await events.next()).toBeNull();
  });

  it("reach who begins to follow while it runs", async () => {
    const tenant = await createTenant();
    const { id, release } = await steppedJob(tenant);
    const events = await follow(tenant, `/v1/jobs/${id}/events`);
    expect(await events.next()).toMatchObject({ event: "job.state", data: { state: "running", progress: null } });
    // Its consumer learns within two seconds that somebody follows.
    expect(await events.next()).toMatchObject({ event: "job.progress", data: { progress: { fraction: 0.25 } } });
    const later = await follow(tenant, `/v1/jobs/${id}/events`);
    expect(await later.next()).toMatchObject({
      event: "job.state",
      data: { state: "running", progress: { fraction: 0.25, message: "begun" } },
    });
    release();
    expect(await events.until("job.succeeded")).toMatchObject({ data: { progress: { fraction: 1 } } });
  });

  it("are not there for another tenant's job, nor for none", async () => {
    const [tenant, other] = [await createTenant(), await createTenant()];
    const { body } = await apiOf(other).post("/v1/jobs", { type: "noop", payload: {}, delay: "1h" });
    for (const id of [body.id, "nonsense"]) {
      expect(await apiOf(tenant).get(`/v1/jobs/${id}/events`)).toMatchObject({
        status: 404,
        body: { code: "job_not_found" },
      });
    }
  });
});
