import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { newJobId } from "../../src/protocol/new-job-id.ts";
import { apiOf } from "../support/api.ts";
import { newKey, operator } from "../support/operator.ts";
import { expectProblem } from "../support/problems.ts";
import { createTenant } from "../support/tenants.ts";
import sluice from "../support/worker.ts";

const KEYS = "/v1/keys";
const ALL = ["jobs:write", "jobs:read", "manage"];
const HOUR = 3_600_000;
const newApi = async () => apiOf(await createTenant());
const reader = { name: "reader", scopes: ["jobs:read"] };
const statusOf = async ({ key }: { key: string }) => (await apiOf({ key }).get("/v1/jobs")).status;
/** Within a few seconds. */
const about = (time: string | null) => (time === null ? null : Math.round((Date.parse(time) - Date.now()) / 10_000));

describe("a new key", () => {
  it("is shown once, and kept as its hash alone", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const { status, body } = await api.post(KEYS, reader);
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: "reader",
      hint: body.key.slice(-4),
      scopes: ["jobs:read"],
      types: null,
      createdAt: expect.stringMatching(/Z$/),
      expiresAt: null,
      revokedAt: null,
      key: expect.stringMatching(new RegExp(`^slk_${tenant.id}_[A-Za-z0-9_-]{32}$`)),
    });
    const { key, ...view } = body;
    const listed = await api.get(KEYS);
    expect(listed.body.data[0]).toEqual(view);
    expect(JSON.stringify(listed.body)).not.toContain(key);
    const { results } = await env.DB.prepare("SELECT * FROM api_keys WHERE tenant_id = ?1").bind(tenant.id).all();
    expect(JSON.stringify(results)).not.toContain(key);
    expect(await statusOf(body)).toBe(200);
  });

  it("is kept by no cache", async () => {
    const api = await newApi();
    expect((await api.post(KEYS, reader)).headers.get("Cache-Control")).toBe("no-store");
  });

  it("is made once, however often it is asked for with its id", async () => {
    const api = await newApi();
    const request = { ...reader, id: newJobId() };
    expect((await api.post(KEYS, request)).body.id).toBe(request.id);
    expectProblem(await api.post(KEYS, request), "key_exists");
    expect((await api.get(KEYS)).body.data).toHaveLength(2);
  });

  it.each([
    ["expiresIn", { expiresIn: "1h" }],
    ["expiresIn in seconds", { expiresIn: 3_600 }],
    ["expiresAt", { expiresAt: new Date(Date.now() + HOUR).toISOString() }],
  ])("ends when %s says", async (_, end) => {
    const { body } = await (await newApi()).post(KEYS, { ...reader, ...end });
    expect(about(body.expiresAt)).toBe(360);
  });

  it.each<[string, object, string]>([
    ["no name", { name: undefined }, "#/name"],
    ["a name of two lines", { name: "a\nb" }, "#/name"],
    ["no scope", { scopes: [] }, "#/scopes"],
    ["an unknown scope", { scopes: ["admin"] }, "#/scopes/0"],
    ["a scope twice", { scopes: ["manage", "manage"] }, "#/scopes"],
    ["no type", { types: [] }, "#/types"],
    ["51 types", { types: Array.from({ length: 51 }, (_, n) => `t${n}`) }, "#/types"],
    ["an end in the past", { expiresAt: "2020-01-01T00:00:00Z" }, "#/expiresAt"],
    ["two ends", { expiresAt: "2090-01-01T00:00:00Z", expiresIn: 60 }, "#/expiresIn"],
    ["an end in a hundred years", { expiresIn: "36500d" }, "#/expiresIn"],
    ["an id that is no UUIDv7", { id: "mine" }, "#/id"],
    ["a key of the caller's", { key: "slk_0123456789abcdef" }, "#/key"],
  ])("with %s is refused, and not made", async (_, change, pointer) => {
    const api = await newApi();
    const { errors } = expectProblem(await api.post(KEYS, { ...reader, ...change }), "invalid_request");
    expect(errors[0].pointer).toBe(pointer);
    expect((await api.get(KEYS)).body.data).toHaveLength(1);
  });

  it("is one of 100 at most; those that have ended do not count", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
       INSERT INTO api_keys (hash, tenant_id, name, created_at, revoked_at)
       SELECT ?1 || i, ?1, i, i, iif(i <= 99, NULL, 1) FROM n`,
    )
      .bind(tenant.id)
      .run();
    const problem = expectProblem(await api.post(KEYS, reader), "too_many_keys");
    expect(problem.limit).toEqual({ name: "keys", max: 100, current: 100 });
    const { body } = await api.get(KEYS);
    // Of those that have ended the newest are kept.
    expect(body.data).toHaveLength(200);
    const own = body.data.find(({ name }: { name: string }) => name === "test");
    expectProblem(await api.post(`${KEYS}/${own.id}/rotate`, {}), "too_many_keys");
    expect((await api.delete(`${KEYS}/${body.data.at(-1).id}`)).status).toBe(204);
    expect((await api.post(KEYS, reader)).status).toBe(201);
  });
});

describe("a key that hands out others", () => {
  const limited = async (request: Parameters<typeof newKey>[1]) => {
    const tenant = await createTenant();
    return { tenant, api: apiOf(await newKey(tenant.id, request)) };
  };

  it("gives no scope that it has not itself", async () => {
    const { api } = await limited({ scopes: ["manage", "jobs:read"] });
    const refused = await api.post(KEYS, { name: "more", scopes: ALL });
    expectProblem(refused, "insufficient_scope");
    expect(refused.headers.get("WWW-Authenticate")).toContain('scope="jobs:write"');
    expect((await api.post(KEYS, { name: "as much", scopes: ["jobs:read", "manage"] })).status).toBe(201);
  });

  it("gives no type that it has not itself, and its own where none is named", async () => {
    const { api } = await limited({ types: ["noop", "echo"] });
    expectProblem(await api.post(KEYS, { ...reader, types: ["noop", "greet"] }), "type_not_allowed");
    expect((await api.post(KEYS, { ...reader, types: ["noop"] })).body.types).toEqual(["noop"]);
    expect((await api.post(KEYS, reader)).body.types).toEqual(["noop", "echo"]);
  });

  it("gives none that outlasts it, and its own end where none is said", async () => {
    const { api } = await limited({ expiresIn: "1h" });
    const { errors } = expectProblem(await api.post(KEYS, { ...reader, expiresIn: "2h" }), "invalid_request");
    expect(errors[0].pointer).toBe("#/expiresAt");
    expect(about((await api.post(KEYS, { ...reader, expiresIn: "30m" })).body.expiresAt)).toBe(180);
    expect(about((await api.post(KEYS, reader)).body.expiresAt)).toBe(360);
  });

  it("neither replaces nor revokes one that may do more", async () => {
    const { tenant, api } = await limited({ scopes: ["manage"], types: ["noop"] });
    const { id } = await newKey(tenant.id, { scopes: ["manage", "jobs:write"], types: ["noop"] });
    expectProblem(await api.post(`${KEYS}/${id}/rotate`, {}), "insufficient_scope");
    expectProblem(await api.delete(`${KEYS}/${id}`), "insufficient_scope");
    const { id: any } = await newKey(tenant.id, { scopes: ["manage"] });
    expectProblem(await api.post(`${KEYS}/${any}/rotate`, {}), "type_not_allowed");
    expectProblem(await api.delete(`${KEYS}/${any}`), "type_not_allowed");
    const { id: less } = await newKey(tenant.id, { scopes: ["manage"], types: ["noop"] });
    expect((await api.delete(`${KEYS}/${less}`)).status).toBe(204);
  });

  it("ends itself, if it likes", async () => {
    const tenant = await createTenant();
    const { id, key } = await newKey(tenant.id, { scopes: ["manage", "jobs:read"] });
    expect(await statusOf({ key })).toBe(200);
    expect((await apiOf({ key }).delete(`${KEYS}/${id}`)).status).toBe(204);
    expect(await statusOf({ key })).toBe(401);
  });
});

describe("a rotation", () => {
  it("makes a key that may do the same, and lets the old one go on until the overlap is over", async () => {
    const tenant = await createTenant();
    const old = await newKey(tenant.id, { scopes: ["jobs:read"], types: ["noop"] });
    const { status, body } = await apiOf(tenant).post(`${KEYS}/${old.id}/rotate`, { overlap: "1h" });
    expect(status).toBe(201);
    expect(body).toMatchObject({ name: "test", scopes: ["jobs:read"], types: ["noop"], expiresAt: null });
    const { data } = (await apiOf(tenant).get(KEYS)).body;
    expect(about(data.find(({ id }: { id: string }) => id === old.id).revokedAt)).toBe(360);
    expect([await statusOf(old), await statusOf(body)]).toEqual([200, 200]);
    await env.DB.prepare("UPDATE api_keys SET revoked_at = ?2 WHERE id = ?1")
      .bind(old.id, Date.now() - 1)
      .run();
    const forgetful = { ...env, SLUICE_KEY_CACHE_MS: "0" };
    const list = (key: string) =>
      sluice.app.request("https://sluice.test/v1/jobs", { headers: { Authorization: `Bearer ${key}` } }, forgetful);
    // Whoever knows the key already learns of it when its time is over.
    await operator.patch(`/v1/tenants/${tenant.id}`, {});
    expect([(await list(old.key)).status, (await list(body.key)).status]).toEqual([401, 200]);
  });

  it("lets the old one end after a day unless it is told otherwise, or at once", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const [slow, fast] = [await newKey(tenant.id), await newKey(tenant.id)];
    await api.post(`${KEYS}/${slow.id}/rotate`);
    await api.post(`${KEYS}/${fast.id}/rotate`, { overlap: 0 });
    const { data } = (await api.get(KEYS)).body;
    const endOf = (key: { id: string }) => about(data.find(({ id }: { id: string }) => id === key.id).revokedAt);
    expect([endOf(slow), endOf(fast)]).toEqual([8_640, -0]);
    expect([await statusOf(slow), await statusOf(fast)]).toEqual([200, 401]);
  });

  it("keeps the old one's own end, also when it is made again because its answer was lost", async () => {
    const tenant = await createTenant();
    const old = await newKey(tenant.id, { expiresIn: "2d" });
    const rotate = (body: object) => operator.post(`/v1/tenants/${tenant.id}/keys/${old.id}/rotate`, body);
    expect(about((await rotate({ overlap: "1h" })).body.expiresAt)).toBe(17_280);
    expect(about((await rotate({ overlap: "1h" })).body.expiresAt)).toBe(17_280);
    expect(about((await rotate({ expiresIn: "3d" })).body.expiresAt)).toBe(25_920);
    const id = newJobId();
    expect((await rotate({ id })).body.id).toBe(id);
    expectProblem(await rotate({ id }), "key_exists");
  });

  it("does not bring a key back that has ended", async () => {
    const tenant = await createTenant();
    const { id } = await newKey(tenant.id);
    const path = `/v1/tenants/${tenant.id}/keys/${id}`;
    expect((await operator.delete(path)).status).toBe(204);
    expectProblem(await operator.post(`${path}/rotate`, {}), "key_over");
  });

  it.each([
    [{ overlap: "31d" }, "#/overlap"],
    [{ overlap: -1 }, "#/overlap"],
    [{ scopes: ALL }, "#/scopes"],
    [{ expiresIn: 1, expiresAt: "2090-01-01T00:00:00Z" }, "#/expiresIn"],
  ])("with %j is refused, and changes nothing", async (body, pointer) => {
    const tenant = await createTenant();
    const { id } = await newKey(tenant.id);
    const { errors } = expectProblem(await apiOf(tenant).post(`${KEYS}/${id}/rotate`, body), "invalid_request");
    expect(errors[0].pointer).toBe(pointer);
    expect((await apiOf(tenant).get(KEYS)).body.data).toHaveLength(2);
  });
});

describe("a revoked key", () => {
  it("works nowhere any more, and its end stays what it was", async () => {
    const tenant = await createTenant();
    const { id, key } = await newKey(tenant.id);
    expect(await statusOf({ key })).toBe(200);
    const path = `/v1/tenants/${tenant.id}/keys/${id}`;
    expect((await operator.delete(path)).status).toBe(204);
    expect(await statusOf({ key })).toBe(401);
    const { data } = (await apiOf(tenant).get(KEYS)).body;
    expect((await operator.delete(path)).status).toBe(204);
    expect((await apiOf(tenant).get(KEYS)).body.data).toEqual(data);
  });

  it("of another tenant is not found, and goes on", async () => {
    const [tenant, stranger] = [await createTenant(), await createTenant()];
    const { id, key } = await newKey(tenant.id);
    expectProblem(await apiOf(stranger).delete(`${KEYS}/${id}`), "key_not_found");
    expectProblem(await apiOf(stranger).post(`${KEYS}/${id}/rotate`, {}), "key_not_found");
    expectProblem(await operator.delete(`/v1/tenants/${stranger.id}/keys/${id}`), "key_not_found");
    expect(await statusOf({ key })).toBe(200);
  });

  it("is trusted by an isolate that knows it for no longer than SLUICE_KEY_CACHE_MS", async () => {
    const tenant = await createTenant();
    const list = (cacheMs: number) =>
      sluice.app.request(
        "https://sluice.test/v1/jobs",
        { headers: { Authorization: `Bearer ${tenant.key}` } },
        { ...env, SLUICE_KEY_CACHE_MS: String(cacheMs) },
      );
    expect((await list(200)).status).toBe(200);
    const knownSince = Date.now();
    // As another isolate does it: this one is not told.
    await env.DB.prepare("UPDATE api_keys SET revoked_at = ?2 WHERE tenant_id = ?1").bind(tenant.id, knownSince).run();
    while ((await list(200)).status === 200) expect(Date.now() - knownSince).toBeLessThan(1_000);
    expect((await list(200)).status).toBe(401);
  });
});

describe("a key that was written by hand, without an id", () => {
  it("may do everything, and is listed, replaced and revoked as others are", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const [known] = (await api.get(KEYS)).body.data;
    expect(known).toMatchObject({ id: expect.stringMatching(/^[0-9a-f]{32}$/), scopes: ALL, types: null, hint: null });
    const { body } = await api.post(`${KEYS}/${known.id}/rotate`, { overlap: "1m" });
    expect(await statusOf(body)).toBe(200);
    expect((await apiOf(body).delete(`${KEYS}/${known.id}`)).status).toBe(204);
    expect(await statusOf(tenant)).toBe(401);
  });
});

describe("a key for some types", () => {
  it("enqueues no batch in which one job is of another", async () => {
    const tenant = await createTenant();
    const api = apiOf(await newKey(tenant.id, { types: ["noop", "echo"] }));
    const jobs = [{ type: "noop" }, { type: "greet", payload: { name: "Ada" } }];
    const problem = expectProblem(await api.post("/v1/jobs/batch", { jobs }), "type_not_allowed");
    expect(problem.errors).toEqual([{ pointer: "#/jobs/1/type", detail: 'not "greet"', code: "type_not_allowed" }]);
    expect(problem.detail).toContain("noop, echo");
    expect((await api.get("/v1/jobs")).body.data).toEqual([]);
  });

  it("lists its own types, and no other by name", async () => {
    const tenant = await createTenant();
    const all = apiOf(tenant);
    for (const type of ["noop", "echo", "flaky", "noop"])
      await all.post("/v1/jobs", { type, delay: "1d", payload: {} });
    const api = apiOf(await newKey(tenant.id, { types: ["noop", "echo"] }));
    const typesOf = async (query = "") =>
      (await api.get(`/v1/jobs${query}`)).body.data.map(({ type }: { type: string }) => type);
    expect(await typesOf()).toEqual(["noop", "echo", "noop"]);
    expect(await typesOf("?type=echo")).toEqual(["echo"]);
    expectProblem(await api.get("/v1/jobs?type=flaky"), "type_not_allowed");
    const { body: page } = await api.get("/v1/jobs?limit=2");
    expect(await typesOf(`?limit=2&cursor=${page.nextCursor}`)).toEqual(["noop"]);
  });

  it("plans only for a type that it names", async () => {
    const tenant = await createTenant();
    const api = apiOf(await newKey(tenant.id, { types: ["noop"] }));
    expectProblem(await api.post("/v1/cancellations", { queue: "default" }), "type_not_allowed");
    expect((await api.post("/v1/cancellations", { queue: "default", type: "noop" })).status).toBe(201);
  });

  it("does not put a schedule of its own in place of another type's", async () => {
    const tenant = await createTenant();
    const schedule = { type: "echo", payload: 1, cron: "0 0 1 1 *" };
    await apiOf(tenant).put("/v1/schedules/yearly", schedule);
    const api = apiOf(await newKey(tenant.id, { types: ["noop"] }));
    expectProblem(await api.put("/v1/schedules/yearly", { ...schedule, type: "noop" }), "type_not_allowed");
    expect((await apiOf(tenant).get("/v1/schedules/yearly")).body.type).toBe("echo");
    expect((await api.put("/v1/schedules/own", { ...schedule, type: "noop" })).status).toBe(201);
    expect((await api.get("/v1/schedules")).body.data.map(({ name }: { name: string }) => name)).toEqual(["own"]);
  });
});
