import { v7 as uuidv7 } from "uuid";
import { describe, expect, it } from "vitest";
import { isJobId } from "../../src/domain/id.ts";
import { apiOf } from "../support/api.ts";
import { rowOf } from "../support/rows.ts";
import { createTenant } from "../support/tenants.ts";

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe("POST /v1/jobs", () => {
  it("answers 202 with the job, and says where to find it", async () => {
    const api = apiOf(await createTenant());
    const posted = await api.post("/v1/jobs", { type: "greet", payload: { name: "Ada" } });
    expect(posted.status).toBe(202);
    expect(posted.body).toEqual({
      id: expect.any(String),
      type: "greet",
      queue: "default",
      priority: 5,
      state: "queued",
      attempt: 0,
      maxAttempts: 5,
      createdAt: expect.stringMatching(ISO),
      startedAt: null,
      finishedAt: null,
      dueAt: null,
      expiresAt: null,
      cancelReason: null,
      replayOf: null,
      callback: null,
      parentId: null,
      groupId: null,
      next: [],
      onFailure: null,
      nextJobId: null,
      errors: [],
    });
    expect(isJobId(posted.body.id)).toBe(true);
    const location = posted.headers.get("Location");
    expect(location).toBe(`https://sluice.test/v1/jobs/${posted.body.id}`);
    expect((await api.get(new URL(location ?? "").pathname)).body).toMatchObject({ id: posted.body.id });
  });

  it("has stored the job by the time it answers", async () => {
    const tenant = await createTenant();
    const { body } = await apiOf(tenant).post("/v1/jobs", {
      type: "greet",
      payload: { name: "Ada" },
      queue: "mail/eu",
      priority: 9,
      maxAttempts: 2,
    });
    expect(await rowOf(tenant.id, body.id)).toMatchObject({
      type: "greet",
      payload: '{"name":"Ada"}',
      queue: "mail/eu",
      priority: 9,
      max_attempts: 2,
    });
  });

  it("runs the job", async () => {
    const api = apiOf(await createTenant());
    const posted = await api.post("/v1/jobs", { type: "greet", payload: { name: "Ada" } });
    const done = await api.get(`/v1/jobs/${posted.body.id}?wait=10`);
    expect(done.body).toMatchObject({
      state: "succeeded",
      attempt: 1,
      result: "hello Ada",
      payload: { name: "Ada" },
      startedAt: expect.stringMatching(ISO),
      finishedAt: expect.stringMatching(ISO),
      dueAt: null,
      expiresAt: null,
      cancelReason: null,
      replayOf: null,
      callback: null,
      parentId: null,
    });
  });

  it.each([
    ["text", "größe 🌊 \u0000 \ud83c"],
    ["a number", 1e21],
    ["false", false],
    ["null", null],
    ["a list", [1, [2, [3]]]],
    ["an object with unusual keys", { "": 1, "a/b": 2, constructor: 3, "$.x": 4 }],
  ])("hands %s to the handler as it was sent", async (_, payload) => {
    const api = apiOf(await createTenant());
    const { body } = await api.post("/v1/jobs?wait=10", { type: "echo", payload });
    expect(body).toMatchObject({ state: "succeeded", result: payload });
    expect((await api.get(`/v1/jobs/${body.id}`)).body.payload).toEqual(payload);
  });

  it("carries a payload however deep it is nested", async () => {
    const api = apiOf(await createTenant());
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    const { status, body } = await api.post("/v1/jobs?wait=20", `{"type":"echo","payload":${deep}}`);
    expect([status, body.state]).toEqual([200, "succeeded"]);
    expect(JSON.stringify(body.result)).toBe(deep);
  });

  it("takes a payload that is left out as null", async () => {
    const { body } = await apiOf(await createTenant()).post("/v1/jobs?wait=10", { type: "echo" });
    expect(body).toMatchObject({ state: "succeeded", result: null });
  });

  it("tells how much of the tenant's rate is left", async () => {
    const api = apiOf(await createTenant({ rate: 1, burst: 200 }));
    const { headers } = await api.post("/v1/jobs/batch", {
      jobs: Array.from({ length: 50 }, () => ({ type: "noop" })),
    });
    expect(headers.get("RateLimit-Policy")).toBe('"enqueue";q=200;w=200');
    const [, remaining, seconds] = /^"enqueue";r=(\d+);t=(\d+)$/.exec(headers.get("RateLimit") ?? "") ?? [];
    // A token comes back each second that the test takes.
    expect(Number(remaining)).toBeGreaterThanOrEqual(150);
    expect(Number(remaining)).toBeLessThan(165);
    expect(Number(seconds)).toBe(200 - Number(remaining));
  });

  it("gives every response a request id, the caller's own when it has one", async () => {
    const api = apiOf(await createTenant());
    const own = await api.post("/v1/jobs", { type: "noop" }, { "Request-Id": "order-4711" });
    const given = await api.post("/v1/jobs", { type: "noop" });
    expect(own.headers.get("Request-Id")).toBe("order-4711");
    expect(given.headers.get("Request-Id")).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("takes a media type with parameters", async () => {
    const api = apiOf(await createTenant());
    const posted = await api.post("/v1/jobs", { type: "noop" }, { "content-type": "Application/JSON; charset=utf-8" });
    expect(posted.status).toBe(202);
  });

  it("stores the job under the id that the caller gives it", async () => {
    const api = apiOf(await createTenant());
    const id = uuidv7();
    const posted = await api.post("/v1/jobs", { type: "noop", id });
    expect([posted.status, posted.body.id]).toEqual([202, id]);
    expect((await api.get(`/v1/jobs/${id}?wait=10`)).body).toMatchObject({ id, state: "succeeded" });
  });
});
