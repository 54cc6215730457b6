import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { apiOf, request } from "../support/api.ts";
import { faultyWrites } from "../support/d1-faults.ts";
import { draft } from "../support/drafts.ts";
import { gateOf } from "../support/gate.ts";
import { expectProblem } from "../support/problems.ts";
import { interceptSends } from "../support/sends.ts";
import { createTenant } from "../support/tenants.ts";

const newApi = async () => apiOf(await createTenant());
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);
const LIMITS = { concurrency: 5, rate: { limit: 10, period: "1m" }, paused: false };
const VIEW = { concurrency: 5, rate: { limit: 10, period: 60 }, paused: false, createdAt: time, updatedAt: time };

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the settings of a queue", () => {
  it("are made with 201, replaced with 200, and read as they were set", async () => {
    const api = await newApi();
    const made = await api.put("/v1/queues/mail", LIMITS);
    expect([made.status, made.body]).toEqual([201, { name: "mail", ...VIEW }]);
    const again = await api.put("/v1/queues/mail", LIMITS);
    expect([again.status, again.body]).toMatchObject([200, { ...made.body, updatedAt: time }]);
    expect(await api.get("/v1/queues/mail")).toMatchObject({ status: 200, body: { name: "mail", ...VIEW } });
    const { body } = await api.put("/v1/queues/mail", { concurrency: 1 });
    expect(body).toMatchObject({ concurrency: 1, rate: null, paused: false, createdAt: made.body.createdAt });
  });

  it("can be set again as they were read", async () => {
    const api = await newApi();
    const { body } = await api.put("/v1/queues/mail", { rate: { limit: 3, period: "250ms" } });
    expect(body.rate).toEqual({ limit: 3, period: 0.25 });
    expect((await api.put("/v1/queues/mail", { rate: body.rate })).body.rate).toEqual(body.rate);
  });

  it.each(["mail/eu", "customer/*", "a/b/c/*", "A.b_c-d"])("are known by the name %s", async (name) => {
    const api = await newApi();
    const path = `/v1/queues/${encodeURIComponent(name)}`;
    expect(await api.put(path, {})).toMatchObject({ status: 201, body: { name, concurrency: null, rate: null } });
    expect((await api.get(path)).body.name).toBe(name);
    expect((await api.post(`${path}/pause`)).body).toMatchObject({ name, paused: true });
    expect((await api.post(`${path}/resume`)).body).toMatchObject({ name, paused: false });
    expect((await api.delete(path)).status).toBe(204);
  });

  it("are listed by name", async () => {
    const api = await newApi();
    expect(await api.get("/v1/queues")).toMatchObject({ status: 200, body: { data: [] } });
    for (const name of ["b", "a%2F*", "a"]) await api.put(`/v1/queues/${name}`, {});
    expect((await api.get("/v1/queues")).body.data.map(({ name }: { name: string }) => name)).toEqual([
      "a",
      "a/*",
      "b",
    ]);
  });

  it("are gone once they were deleted", async () => {
    const api = await newApi();
    await api.put("/v1/queues/mail", LIMITS);
    expect((await api.delete("/v1/queues/mail")).status).toBe(204);
    expectProblem(await api.get("/v1/queues/mail"), "queue_not_found");
    expectProblem(await api.delete("/v1/queues/mail"), "queue_not_found");
  });

  it("of another tenant are neither seen nor changed", async () => {
    const [own, stranger] = [await newApi(), await newApi()];
    const { body } = await own.put("/v1/queues/mail", LIMITS);
    expectProblem(await stranger.get("/v1/queues/mail"), "queue_not_found");
    expectProblem(await stranger.delete("/v1/queues/mail"), "queue_not_found");
    expectProblem(await stranger.post("/v1/queues/mail/resume"), "queue_not_found");
    expect((await stranger.get("/v1/queues")).body.data).toEqual([]);
    await stranger.put("/v1/queues/mail", { paused: true });
    expect((await own.get("/v1/queues/mail")).body).toEqual(body);
  });

  it("are kept for 1,000 queues, and one more is refused clearly", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
       INSERT INTO queues (tenant_id, name, created_at, updated_at) SELECT ?1, 'queue-' || i, 1, 1 FROM n`,
    )
      .bind(tenant.id)
      .run();
    const limit = { name: "queues", max: 1_000, current: 1_000 };
    expect(expectProblem(await api.put("/v1/queues/more", {}), "too_many_queues").limit).toEqual(limit);
    expectProblem(await api.post("/v1/queues/more/pause"), "too_many_queues");
    expect((await api.put("/v1/queues/queue-1", LIMITS)).status).toBe(200);
    expect((await api.post("/v1/queues/queue-2/pause")).status).toBe(200);
    expect((await api.get("/v1/queues")).body.data).toHaveLength(1_000);
  });
});

describe("a pause", () => {
  it("keeps the other settings, and so does the resume", async () => {
    const api = await newApi();
    await api.put("/v1/queues/mail", LIMITS);
    expect(await api.post("/v1/queues/mail/pause")).toMatchObject({ status: 200, body: { ...VIEW, paused: true } });
    expect(await api.post("/v1/queues/mail/resume")).toMatchObject({ status: 200, body: VIEW });
  });

  it("of a queue without settings makes them", async () => {
    const api = await newApi();
    const { status, body } = await api.post("/v1/queues/mail/pause");
    expect([status, body]).toMatchObject([201, { name: "mail", concurrency: null, rate: null, paused: true }]);
    expect((await api.post("/v1/queues/mail/pause")).status).toBe(200);
  });

  it("of a queue that a pattern has limited takes these limits over, as they must hold when it is resumed", async () => {
    const api = await newApi();
    await api.put("/v1/queues/customer%2F*", { concurrency: 1 });
    await api.put("/v1/queues/customer%2Feu%2F*", { concurrency: 2, rate: { limit: 5, period: 1 } });
    const paused = (name: string) => api.post(`/v1/queues/${encodeURIComponent(name)}/pause`);
    expect((await paused("customer/7")).body).toMatchObject({ concurrency: 1, rate: null });
    expect((await paused("customer/eu/7")).body).toMatchObject({ concurrency: 2, rate: { limit: 5, period: 1 } });
    expect((await paused("customer/us/*")).body).toMatchObject({ concurrency: 1 });
    expect((await paused("other/7")).body).toMatchObject({ concurrency: null });
  });

  it("that nobody has made cannot be lifted", async () => {
    expectProblem(await (await newApi()).post("/v1/queues/mail/resume"), "queue_not_found");
  });
});

describe("bad settings", () => {
  it.each([
    [{ concurrency: 0 }, "#/concurrency"],
    [{ concurrency: 10_001 }, "#/concurrency"],
    [{ concurrency: 1.5 }, "#/concurrency"],
    [{ rate: { limit: 5 } }, "#/rate/period"],
    [{ rate: { limit: 0, period: 1 } }, "#/rate/limit"],
    [{ rate: { limit: 1, period: "50ms" } }, "#/rate/period"],
    [{ rate: { limit: 1, period: "40d" } }, "#/rate/period"],
    [{ rate: { limit: 1, period: "soon" } }, "#/rate/period"],
    [{ rate: { limit: 1, period: 1, burst: 2 } }, "#/rate/burst"],
    [{ paused: 1 }, "#/paused"],
    [{ name: "mail" }, "#/name"],
    [[], "#"],
  ])("%j are refused at %s, and change nothing", async (body, pointer) => {
    const api = await newApi();
    const problem = expectProblem(await api.put("/v1/queues/mail", body), "invalid_request");
    expect(problem.errors[0].pointer).toBe(pointer);
    expect((await api.get("/v1/queues")).body.data).toEqual([]);
  });

  it.each(["*", "-mail", "mail*", "mail/*/eu", "a b", "/mail", "x".repeat(129), "ä"])(
    "have no name as %s",
    async (name) => {
      const api = await newApi();
      const path = `/v1/queues/${encodeURIComponent(name)}`;
      for (const answer of [await api.put(path, {}), await api.get(path), await api.post(`${path}/pause`)]) {
        expectProblem(answer, "invalid_parameter");
      }
    },
  );

  it("are told by their type, their size and their JSON", async () => {
    const api = await newApi();
    expectProblem(await api.put("/v1/queues/mail", "{}", { "content-type": "text/plain" }), "unsupported_media_type");
    expectProblem(await api.put("/v1/queues/mail", "{"), "malformed_json");
    expectProblem(await api.put("/v1/queues/mail", JSON.stringify({ x: "x".repeat(5_000) })), "payload_too_large");
    expectProblem(await api.put("/v1/queues/mail?soon=1", {}), "invalid_parameter");
  });

  it.each([
    ["POST", "/v1/queues", "GET"],
    ["POST", "/v1/queues/mail", "GET, PUT, DELETE"],
    ["GET", "/v1/queues/mail/pause", "POST"],
    ["PUT", "/v1/queues/mail/resume", "POST"],
  ])("%s %s is not a way to set them", async (method, path, allow) => {
    const { key } = await createTenant();
    const answer = await request(path, { method, headers: { Authorization: `Bearer ${key}` } });
    expectProblem(answer, "method_not_allowed");
    expect(answer.headers.get("Allow")).toBe(allow);
  });

  it("are nobody's without a key", async () => {
    expectProblem(await request("/v1/queues"), "unauthorized");
  });
});

describe("settings that are stored while the gate cannot write", () => {
  it("are answered as unavailable, and hold when they are sent again", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    interceptSends();
    await gateOf(tenant.id).enqueue([draft({ queue: "mail" })]);
    faultyWrites(() => "before");
    expectProblem(await api.post("/v1/queues/mail/pause"), "storage_unavailable");
    vi.restoreAllMocks();
    await vi.waitFor(async () => expect((await api.post("/v1/queues/mail/pause")).status).toBe(200), {
      timeout: 10_000,
      interval: 200,
    });
    const released = env.DB.prepare("SELECT released FROM jobs WHERE tenant_id = ?1").bind(tenant.id);
    expect(await released.first("released")).toBe(0);
  });
});
