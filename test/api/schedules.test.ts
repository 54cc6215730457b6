import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { newJobId } from "../../src/protocol/new-job-id.ts";
import { apiOf, request, upload } from "../support/api.ts";
import { draft } from "../support/drafts.ts";
import { allEnded } from "../support/flows.ts";
import { stubOf } from "../support/gate.ts";
import { newKey } from "../support/operator.ts";
import { expectProblem } from "../support/problems.ts";
import { fillSchedules, scheduleRow } from "../support/schedules.ts";
import { createTenant } from "../support/tenants.ts";

const AT = "/v1/schedules/nightly";
const YEARLY = { cron: "0 0 1 1 *", type: "greet", payload: { name: "Ada" } };
const newApi = async () => apiOf(await createTenant());

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a schedule that is put", () => {
  it("is made with the settings that were left out", async () => {
    const api = await newApi();
    const { status, body } = await api.put(AT, YEARLY);
    expect(status).toBe(201);
    const year = new Date().getUTCFullYear();
    expect(body).toEqual({
      name: "nightly",
      ...YEARLY,
      timezone: "UTC",
      queue: "default",
      priority: 5,
      maxAttempts: 5,
      expireIn: null,
      callback: null,
      next: [],
      onFailure: null,
      overlap: "allow",
      missed: "skip",
      paused: false,
      nextRuns: [1, 2, 3, 4, 5].map((years) => `${year + years}-01-01T00:00:00.000Z`),
      lastRun: null,
      createdAt: expect.stringMatching(/Z$/),
      updatedAt: body.createdAt,
    });
    expect((await api.get(AT)).body).toEqual(body);
  });

  it("takes all settings, and ticks by the clocks of its timezone", async () => {
    const api = await newApi();
    const settings = {
      ...YEARLY,
      timezone: "America/New_York",
      queue: "reports",
      priority: 9,
      maxAttempts: 1,
      expireIn: "90m",
      overlap: "skip",
      missed: "runOnce",
    };
    const { body } = await api.put(AT, settings);
    expect(body).toMatchObject({ ...settings, expireIn: 5_400, paused: false });
    expect(body.nextRuns[0]).toBe(`${new Date().getUTCFullYear() + 1}-01-01T05:00:00.000Z`);
  });

  it("is the same when it is put again, and nothing is written", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const { body } = await api.put(AT, YEARLY);
    const row = await scheduleRow(tenant.id, "nightly");
    expect(await api.put(AT, YEARLY)).toMatchObject({ status: 200, body });
    expect(await scheduleRow(tenant.id, "nightly")).toEqual(row);
  });

  it("is changed into what is put, with a new time only if that has changed", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const { body } = await api.put(AT, YEARLY);
    const { next_at: nextAt } = await scheduleRow(tenant.id, "nightly");
    const payload = { name: "Grace" };
    const changed = await api.put(AT, { ...YEARLY, payload });
    expect(changed).toMatchObject({ status: 200, body: { payload, createdAt: body.createdAt } });
    expect(Date.parse(changed.body.updatedAt)).toBeGreaterThan(Date.parse(body.updatedAt));
    expect((await scheduleRow(tenant.id, "nightly"))["next_at"]).toBe(nextAt);
    await api.put(AT, { ...YEARLY, timezone: "Asia/Tokyo" });
    expect((await scheduleRow(tenant.id, "nightly"))["next_at"]).toBe(Number(nextAt) - 9 * 3_600_000);
  });

  it("has no next runs while it is paused", async () => {
    const api = await newApi();
    expect((await api.put(AT, { ...YEARLY, paused: true })).body).toMatchObject({ paused: true, nextRuns: [] });
    expect((await api.put(AT, YEARLY)).body).toMatchObject({ paused: false, nextRuns: { length: 5 } });
  });

  it.each<[string, object, string, string | RegExp]>([
    ["no cron", { cron: undefined }, "#/cron", /expected string/],
    ["a cron of four fields", { cron: "* * * *" }, "#/cron", /^must have 5 fields/],
    ["a minute that does not exist", { cron: "60 * * * *" }, "#/cron", "a minute must be 0 to 59"],
    ["a cron that never comes", { cron: "0 0 30 2 *" }, "#/cron", "never comes"],
    ["an unknown timezone", { timezone: "Mars/Olympus" }, "#/timezone", /^must be the name of an IANA timezone/],
    ["an offset as its timezone", { timezone: "+02:00" }, "#/timezone", /^must be the name of an IANA timezone/],
    ["an unknown overlap", { overlap: "queue" }, "#/overlap", /"allow"\|"skip"/],
    ["an unknown policy for missed ticks", { missed: "all" }, "#/missed", /"skip"\|"runOnce"/],
    ["a payload that its handler refuses", { payload: { name: "" } }, "#/payload/name", /./],
    ["a priority out of range", { priority: 10 }, "#/priority", /./],
    ["an expiry of nothing", { expireIn: 0 }, "#/expireIn", "must be within 100 years"],
    ["a delay, which no tick has", { delay: 5 }, "#/delay", "unknown field"],
    ["an id, which each tick has its own of", { id: newJobId() }, "#/id", "unknown field"],
  ])("with %s is refused, and not made", async (_, settings, pointer, detail) => {
    const api = await newApi();
    const { errors } = expectProblem(await api.put(AT, { ...YEARLY, ...settings }), "invalid_request");
    expect(errors).toMatchObject([
      { pointer, detail: typeof detail === "string" ? detail : expect.stringMatching(detail) },
    ]);
    expectProblem(await api.get(AT), "schedule_not_found");
  });

  it("must be of a type that there is", async () => {
    const { errors } = expectProblem(await (await newApi()).put(AT, { ...YEARLY, type: "nobody" }), "unknown_type");
    expect(errors).toMatchObject([{ pointer: "#/type" }]);
  });

  it("holds a payload of 32 KB, and no more", async () => {
    const api = await newApi();
    const echo = (bytes: number) => ({ ...YEARLY, type: "echo", payload: "x".repeat(bytes - 2) });
    expect((await api.put(AT, echo(32_768))).status).toBe(201);
    const { errors } = expectProblem(await api.put(AT, echo(32_769)), "invalid_request");
    expect(errors).toMatchObject([
      { pointer: "#/payload", detail: "a schedule's payload has at most 32768 bytes, this one has 32769" },
    ]);
    expectProblem(await api.put(AT, echo(600_000)), "payload_too_large");
  });

  it("names no blob, which would be gone after a while", async () => {
    const tenant = await createTenant();
    const { body: blob } = await upload(tenant, "hello");
    const payload = { text: { blob: blob.id } };
    const { errors } = expectProblem(
      await apiOf(tenant).put(AT, { ...YEARLY, type: "shout", payload }),
      "invalid_request",
    );
    expect(errors).toMatchObject([{ pointer: "#/payload/text/blob", code: "blob_in_schedule" }]);
  });

  it("names none in what follows either, all of whose types there must be", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const { body: blob } = await upload(tenant, "hello");
    const shout = { type: "shout", payload: { text: { blob: blob.id } } };
    const flow = { then: [{ type: "noop" }, shout], onFailure: shout };
    const refused = expectProblem(await api.put(AT, { ...YEARLY, ...flow }), "invalid_request");
    expect(refused.errors).toMatchObject([
      { pointer: "#/then/1/payload/text/blob", code: "blob_in_schedule" },
      { pointer: "#/onFailure/payload/text/blob", code: "blob_in_schedule" },
    ]);
    const unknown = expectProblem(await api.put(AT, { ...YEARLY, then: [{ type: "nobody" }] }), "unknown_type");
    expect(unknown.errors).toMatchObject([{ pointer: "#/then/0/type" }]);
    expectProblem(await api.get(AT), "schedule_not_found");
  });

  it("keeps what follows on its jobs: shown without payloads, and the same again changes nothing", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const callback = { url: "https://example.com/hook" };
    const then = [
      { type: "relay", payload: "first", delay: "1s", callback },
      { type: "noop", queue: "mail" },
    ];
    const onFailure = { type: "relay", payload: "undo" };
    const { body } = await api.put(AT, { ...YEARLY, then, onFailure });
    const next = [
      { type: "relay", queue: "default" },
      { type: "noop", queue: "mail" },
    ];
    expect(body).toMatchObject({ next, onFailure: { type: "relay", queue: "default" }, payload: YEARLY.payload });
    const row = await scheduleRow(tenant.id, "nightly");
    expect(await api.put(AT, { ...YEARLY, then, onFailure })).toMatchObject({ status: 200, body });
    expect(await scheduleRow(tenant.id, "nightly")).toEqual(row);
    const { payload: _payload, ...listed } = body;
    expect((await api.get("/v1/schedules")).body.data).toEqual([listed]);
    expect((await api.put(AT, YEARLY)).body).toMatchObject({ next: [], onFailure: null });
  });

  it("is for keys that are for all types that it enqueues", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const typed = apiOf(await newKey(tenant.id, { scopes: ["manage", "jobs:write", "jobs:read"], types: ["greet"] }));
    const flow = { then: [{ type: "noop" }], onFailure: { type: "relay", payload: 1 } };
    const { errors } = expectProblem(await typed.put(AT, { ...YEARLY, ...flow }), "type_not_allowed");
    expect(errors).toMatchObject([{ pointer: "#/then/0/type" }, { pointer: "#/onFailure/type" }]);
    await api.put("/v1/schedules/plain", YEARLY);
    for (const follows of [{ then: flow.then }, { onFailure: flow.onFailure }]) {
      await api.put(AT, { ...YEARLY, ...follows });
      for (const refused of [typed.get(AT), typed.delete(AT), typed.put(AT, YEARLY), typed.post(`${AT}/run`)]) {
        expectProblem(await refused, "type_not_allowed");
      }
      expect((await typed.get("/v1/schedules")).body.data).toMatchObject([{ name: "plain" }]);
    }
    expect((await api.get("/v1/schedules")).body.data).toHaveLength(2);
  });

  it.each(["a%20b", "n%C3%A4chtlich", "a".repeat(101)])("is not named %s", async (name) => {
    const problem = expectProblem(await (await newApi()).put(`/v1/schedules/${name}`, YEARLY), "invalid_parameter");
    expect(problem.detail).toMatch(/^name: must be/);
  });

  it("is one of a thousand at most", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const { id: _, ...job } = draft();
    await fillSchedules(tenant.id, {
      count: 999,
      nextAt: Date.now() + 86_400_000,
      draft: { ...job, expireInMs: null },
    });
    expect((await api.put(AT, YEARLY)).status).toBe(201);
    const problem = expectProblem(await api.put("/v1/schedules/another", YEARLY), "too_many_schedules");
    expect(problem.limit).toEqual({ name: "schedules", max: 1_000, current: 1_000 });
    expect((await api.put(AT, { ...YEARLY, priority: 1 })).status).toBe(200);
    await api.delete(AT);
    expect((await api.put("/v1/schedules/another", YEARLY)).status).toBe(201);
  });

  it("sets the alarm of its gate, which need not be awake", async () => {
    const tenant = await createTenant();
    const { body } = await apiOf(tenant).put(AT, YEARLY);
    const alarm = await runInDurableObject(stubOf(tenant.id), (_, { storage }) => storage.getAlarm());
    expect(alarm).toBe(Date.parse(body.nextRuns[0]));
    const epoch = env.DB.prepare("SELECT gate_epoch FROM tenants WHERE id = ?1").bind(tenant.id);
    expect(await epoch.first("gate_epoch")).toBe(0);
  });
});

describe("the list of schedules", () => {
  it("is by name, in pages, without payloads", async () => {
    const api = await newApi();
    for (const name of ["c", "a", "b"]) await api.put(`/v1/schedules/${name}`, YEARLY);
    const first = await api.get("/v1/schedules?limit=2");
    expect(first.body.data.map(({ name }: { name: string }) => name)).toEqual(["a", "b"]);
    expect(first.body.data[0]).toMatchObject({ type: "greet", cron: "0 0 1 1 *", nextRuns: { length: 5 } });
    expect(first.body.data[0]).not.toHaveProperty("payload");
    const second = await api.get(`/v1/schedules?limit=2&cursor=${first.body.nextCursor}`);
    expect(second.body).toMatchObject({ data: [{ name: "c" }], nextCursor: null });
    expect((await api.get("/v1/schedules")).body).toMatchObject({ data: { length: 3 }, nextCursor: null });
  });

  it("takes no other parameter, limit or cursor", async () => {
    const api = await newApi();
    expect((await api.get("/v1/schedules")).body).toEqual({ data: [], nextCursor: null });
    for (const query of ["limit=0", "limit=101", "limit=x", "state=paused"]) {
      expectProblem(await api.get(`/v1/schedules?${query}`), "invalid_parameter");
    }
    expectProblem(await api.get("/v1/schedules?cursor=%20"), "invalid_cursor");
  });
});

describe("a schedule", () => {
  it("is paused and resumed, each as often as one likes", async () => {
    const api = await newApi();
    const { body } = await api.put(AT, YEARLY);
    const paused = await api.post(`${AT}/pause`);
    expect(paused).toMatchObject({
      status: 200,
      body: { ...body, paused: true, nextRuns: [], updatedAt: expect.any(String) },
    });
    expect(await api.post(`${AT}/pause`)).toMatchObject({ status: 200, body: paused.body });
    const resumed = await api.post(`${AT}/resume`);
    expect(resumed).toMatchObject({ status: 200, body: { paused: false, nextRuns: body.nextRuns } });
    expect(await api.post(`${AT}/resume`)).toMatchObject({ status: 200, body: resumed.body });
  });

  it("is not resumed with the times of a cron that it no longer has", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    await api.put(AT, { ...YEARLY, paused: true });
    const prepare = env.DB.prepare.bind(env.DB);
    vi.spyOn(env.DB, "prepare").mockImplementation((sql) =>
      prepare(sql.startsWith("UPDATE schedules SET paused = 0") ? sql.replace("= ?3", "= ?3 + 1") : sql),
    );
    vi.spyOn(console, "error").mockReturnValue();
    expectProblem(await api.post(`${AT}/resume`), "storage_unavailable");
    expect(await scheduleRow(tenant.id, "nightly")).toMatchObject({ paused: 1, next_at: null });
  });

  it("runs its job now, beside the ticks", async () => {
    const api = await newApi();
    await api.put(AT, { ...YEARLY, queue: "reports", maxAttempts: 2, expireIn: "1h" });
    const { status, body, headers } = await api.post(`${AT}/run`);
    expect(status).toBe(202);
    expect(body).toMatchObject({ type: "greet", queue: "reports", maxAttempts: 2, expiresAt: expect.any(String) });
    expect(headers.get("Location")).toBe(`https://sluice.test/v1/jobs/${body.id}`);
    expect(headers.get("RateLimit")).toMatch(/^"enqueue"/);
    const job = await api.get(`/v1/jobs/${body.id}?wait=10`);
    expect(job.body).toMatchObject({ state: "succeeded", result: "hello Ada", payload: { name: "Ada" } });
    expect((await api.get(AT)).body.lastRun).toBeNull();
  });

  it("runs its job once for one id", async () => {
    const api = await newApi();
    await api.put(AT, YEARLY);
    const id = newJobId();
    expect(await api.post(`${AT}/run`, { id })).toMatchObject({ status: 202, body: { id } });
    const again = await api.post(`${AT}/run`, { id });
    expect(again).toMatchObject({ status: 202, body: { id } });
    expect(again.headers.get("Idempotent-Replayed")).toBe("true");
    expectProblem(await api.post(`${AT}/run`, { id: "mine" }), "invalid_request");
  });

  it("runs its job with what follows on it", async () => {
    const { id: tenantId, ...tenant } = await createTenant();
    const api = apiOf(tenant);
    const then = [{ type: "relay", payload: "next", queue: "mail", priority: 7, maxAttempts: 2, expireIn: "1h" }];
    const { body: made } = await api.put(AT, { ...YEARLY, then, onFailure: { type: "noop" } });
    const { body } = await api.post(`${AT}/run`);
    expect(body).toMatchObject({ next: made.next, onFailure: made.onFailure });
    const [, last] = await allEnded(tenantId);
    expect(last).toMatchObject({ parent_id: body.id, type: "relay", queue: "mail", priority: 7, max_attempts: 2 });
    expect(JSON.parse(String(last?.["result"]))).toEqual({ payload: "next", previous: "hello Ada" });
  });

  it("runs its job also while it is paused", async () => {
    const api = await newApi();
    await api.put(AT, { ...YEARLY, paused: true });
    expect((await api.post(`${AT}/run`)).status).toBe(202);
  });

  it("is gone once it is deleted", async () => {
    const api = await newApi();
    await api.put(AT, YEARLY);
    expect((await api.delete(AT)).status).toBe(204);
    expectProblem(await api.get(AT), "schedule_not_found");
    expectProblem(await api.delete(AT), "schedule_not_found");
  });

  it.each([
    ["GET", AT],
    ["DELETE", AT],
    ["POST", `${AT}/pause`],
    ["POST", `${AT}/resume`],
    ["POST", `${AT}/run`],
  ])("of another tenant is not there for %s %s", async (method, path) => {
    const api = await newApi();
    const { body } = await api.put(AT, YEARLY);
    const other = await createTenant();
    const headers = { Authorization: `Bearer ${other.key}` };
    expectProblem(await request(path, { method, headers }), "schedule_not_found");
    expect((await apiOf(other).get("/v1/schedules")).body.data).toEqual([]);
    expect((await api.get(AT)).body).toEqual(body);
  });

  it.each([
    ["POST", "/v1/schedules", "GET"],
    ["POST", AT, "GET, PUT, DELETE"],
    ["GET", `${AT}/pause`, "POST"],
    ["PUT", `${AT}/resume`, "POST"],
    ["DELETE", `${AT}/run`, "POST"],
  ])("does not take %s %s, and says what it takes", async (method, path, allow) => {
    const { key } = await createTenant();
    const refused = await request(path, { method, headers: { Authorization: `Bearer ${key}` } });
    expectProblem(refused, "method_not_allowed");
    expect(refused.headers.get("Allow")).toBe(allow);
  });

  it("is told nothing of without a key", async () => {
    expectProblem(await request("/v1/schedules"), "unauthorized");
    expectProblem(await request(AT, { method: "DELETE" }), "unauthorized");
  });

  it("is not answered for when D1 is away", async () => {
    const api = await newApi();
    await api.put(AT, YEARLY);
    vi.spyOn(console, "error").mockReturnValue();
    const prepare = env.DB.prepare.bind(env.DB);
    vi.spyOn(env.DB, "prepare").mockImplementation((sql) => {
      if (sql.includes("schedules")) throw new Error("D1_ERROR: Network connection lost.");
      return prepare(sql);
    });
    for (const refused of [await api.get(AT), await api.put(AT, YEARLY), await api.post(`${AT}/pause`)]) {
      expectProblem(refused, "storage_unavailable");
    }
  });
});
