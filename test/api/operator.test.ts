import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { apiOf, request } from "../support/api.ts";
import { draft } from "../support/drafts.ts";
import { gateOf } from "../support/gate.ts";
import { newKey, operator } from "../support/operator.ts";
import { expectProblem } from "../support/problems.ts";
import { statesOf } from "../support/rows.ts";
import { interceptSends } from "../support/sends.ts";
import { createTenant } from "../support/tenants.ts";

const TENANTS = "/v1/tenants";
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);
const DEFAULTS = { rate: 1_000, burst: 2_000, backlog: 100_000, concurrency: 100, maxPayloadBytes: 5_000_000 };
const NONE = { rate: null, burst: null, backlog: null, concurrency: null, maxPayloadBytes: null };
const newId = () => `t-${crypto.randomUUID()}`;

describe("a new tenant", () => {
  it("has what it was given, and the deployment's limits for the rest", async () => {
    const id = newId();
    const limits = { rate: 5, concurrency: 2 };
    const region = { locationHint: "weur" };
    const { status, headers, body } = await operator.post(TENANTS, { id, name: "Acme", limits, region });
    expect([status, headers.get("Location")]).toEqual([201, `https://sluice.test/v1/tenants/${id}`]);
    expect(body).toEqual({
      id,
      name: "Acme",
      state: "active",
      limits: { ...NONE, ...limits },
      effectiveLimits: { ...DEFAULTS, ...limits },
      region: { locationHint: "weur", jurisdiction: null },
      createdAt: time,
      suspendedAt: null,
      deletedAt: null,
    });
    expect(await operator.get(`${TENANTS}/${id}`)).toMatchObject({ status: 200, body });
  });

  it("works with the first key that it is given", async () => {
    const id = newId();
    expect((await operator.post(TENANTS, { id })).body).toMatchObject({ name: id, limits: NONE });
    const { body } = await operator.post(`${TENANTS}/${id}/keys`, { name: "first", scopes: ["jobs:write"] });
    const job = await apiOf(body).post("/v1/jobs?wait=10", { type: "echo", payload: 1 });
    expect(job).toMatchObject({ status: 200, body: { state: "succeeded" } });
  });

  it("is not made twice, nor changed by the second time", async () => {
    const id = newId();
    await operator.post(TENANTS, { id, name: "first" });
    expectProblem(await operator.post(TENANTS, { id, name: "second" }), "tenant_exists");
    expect((await operator.get(`${TENANTS}/${id}`)).body.name).toBe("first");
  });

  it.each<[object, string]>([
    [{ id: "Acme" }, "#/id"],
    [{ id: "-acme" }, "#/id"],
    [{ id: "a/b" }, "#/id"],
    [{ id: "a".repeat(64) }, "#/id"],
    [{}, "#/id"],
    [{ name: "" }, "#/name"],
    [{ limits: { rate: 0 } }, "#/limits/rate"],
    [{ limits: { burst: 1.5 } }, "#/limits/burst"],
    [{ limits: { concurrency: 10_001 } }, "#/limits/concurrency"],
    [{ limits: { maxPayloadBytes: 100 } }, "#/limits/maxPayloadBytes"],
    [{ limits: { jobs: 1 } }, "#/limits/jobs"],
    [{ region: { locationHint: "mars" } }, "#/region/locationHint"],
    [{ region: { jurisdiction: "mars" } }, "#/region/jurisdiction"],
    // What the local runtime says of every jurisdiction there is.
    [{ region: { jurisdiction: "eu" } }, "#/region/jurisdiction"],
  ])("with %j is refused, and not made", async (change, pointer) => {
    const id = newId();
    const body = "id" in change || Object.keys(change).length === 0 ? change : { id, ...change };
    const { errors } = expectProblem(await operator.post(TENANTS, body), "invalid_request");
    expect(errors[0].pointer).toBe(pointer);
    expectProblem(await operator.get(`${TENANTS}/${id}`), "tenant_not_found");
  });
});

describe("tenants", () => {
  it("are listed by id, a page at a time", async () => {
    const prefix = `list-${crypto.randomUUID().slice(0, 8)}`;
    for (const n of [2, 0, 1]) await operator.post(TENANTS, { id: `${prefix}-${n}` });
    const ids = (answer: { body: { data: { id: string }[] } }) => answer.body.data.map(({ id }) => id);
    const first = await operator.get(`${TENANTS}?limit=2&cursor=${prefix}`);
    expect(ids(first)).toEqual([`${prefix}-0`, `${prefix}-1`]);
    const second = await operator.get(`${TENANTS}?limit=1&cursor=${first.body.nextCursor}`);
    expect(ids(second)).toEqual([`${prefix}-2`]);
    expect((await operator.get(`${TENANTS}?limit=1&cursor=${"~".repeat(9)}`)).body).toEqual({
      data: [],
      nextCursor: null,
    });
    expectProblem(await operator.get(`${TENANTS}?limit=0`), "invalid_parameter");
    expectProblem(await operator.get(`${TENANTS}?page=2`), "invalid_parameter");
  });

  it("that are not there are not found, on whatever route", async () => {
    const path = `${TENANTS}/${newId()}`;
    for (const answer of [
      await operator.get(path),
      await operator.patch(path, {}),
      await operator.delete(path),
      await operator.post(`${path}/suspend`),
      await operator.post(`${path}/resume`),
      await operator.get(`${path}/keys`),
      await operator.post(`${path}/keys`, { name: "x", scopes: ["manage"] }),
      await operator.delete(`${path}/keys/x`),
      await operator.post(`${path}/keys/x/rotate`, {}),
    ]) {
      expectProblem(answer, "tenant_not_found");
    }
  });

  it("keep what a change does not name; null brings a default back", async () => {
    const { id } = await createTenant({ rate: 7, burst: 9 });
    const path = `${TENANTS}/${id}`;
    expect((await operator.patch(path, { name: "New" })).body).toMatchObject({ name: "New", limits: { rate: 7 } });
    const changed = await operator.patch(path, { limits: { rate: null, backlog: 3 } });
    expect(changed.body).toMatchObject({ name: "New", limits: { rate: null, burst: 9, backlog: 3 } });
    expect(changed.body.effectiveLimits).toMatchObject({ rate: 1_000, burst: 9, backlog: 3 });
    expect((await operator.patch(path, {})).body).toEqual(changed.body);
  });

  it.each<[object, string]>([
    [{ limits: { rate: -1 } }, "#/limits/rate"],
    [{ region: { locationHint: "weur" } }, "#/region"],
    [{ id: "other" }, "#/id"],
    [{ state: "suspended" }, "#/state"],
  ])("are not changed by %j", async (body, pointer) => {
    const { id } = await createTenant({ rate: 7 });
    const before = await operator.get(`${TENANTS}/${id}`);
    const { errors } = expectProblem(await operator.patch(`${TENANTS}/${id}`, body), "invalid_request");
    expect(errors[0].pointer).toBe(pointer);
    expect((await operator.get(`${TENANTS}/${id}`)).body).toEqual(before.body);
  });

  it("are suspended since the first time, and active once they are resumed", async () => {
    const tenant = await createTenant();
    const path = `${TENANTS}/${tenant.id}`;
    const { body } = await operator.post(`${path}/suspend`);
    expect(body).toMatchObject({ state: "suspended", suspendedAt: time });
    expect((await operator.post(`${path}/suspend`)).body).toEqual(body);
    expectProblem(await apiOf(tenant).post("/v1/jobs", { type: "noop" }), "tenant_suspended");
    expect((await operator.post(`${path}/resume`)).body).toMatchObject({ state: "active", suspendedAt: null });
    expect((await apiOf(tenant).post("/v1/jobs", { type: "noop" })).status).toBe(202);
  });

  it("are told to be suspended only when their gate goes by it", async () => {
    const { id } = await createTenant();
    interceptSends();
    vi.spyOn(console, "error").mockReturnValue();
    vi.spyOn(console, "warn").mockReturnValue();
    await gateOf(id).enqueue([draft()]);
    const getByName = vi.spyOn(env.GATES, "getByName").mockImplementation(() => {
      throw new Error("the object is out of reach");
    });
    expectProblem(await operator.post(`${TENANTS}/${id}/suspend`), "storage_unavailable");
    expectProblem(await operator.delete(`${TENANTS}/${id}`), "storage_unavailable");
    getByName.mockRestore();
    // Not deleted by halves: what its gate has released would run.
    expect((await operator.get(`${TENANTS}/${id}`)).body.state).toBe("suspended");
    expect((await operator.post(`${TENANTS}/${id}/suspend`)).status).toBe(200);
    vi.restoreAllMocks();
  });
});

describe("a tenant that was deleted", () => {
  it("can be used by nobody from then on, and starts nothing", async () => {
    const tenant = await createTenant();
    const path = `${TENANTS}/${tenant.id}`;
    interceptSends();
    await apiOf(tenant).post("/v1/jobs", { type: "noop" });
    const { status, body } = await operator.delete(path);
    expect([status, body]).toMatchObject([202, { state: "deleted", deletedAt: time }]);
    expect(await operator.delete(path)).toMatchObject({ status: 202, body });
    expect((await operator.get(path)).body).toEqual(body);
    expectProblem(await apiOf(tenant).get("/v1/jobs"), "unauthorized");
    expect((await gateOf(tenant.id).enqueue([draft()])).kind).not.toBe("admitted");
    expect(await statesOf(tenant.id)).toEqual({ queued: 1 });
    const released = env.DB.prepare("SELECT released FROM jobs WHERE tenant_id = ?1").bind(tenant.id);
    expect(await released.first("released")).toBe(0);
    vi.restoreAllMocks();
  });

  it("is neither changed, resumed, nor made again before it is gone", async () => {
    const { id } = await createTenant();
    const path = `${TENANTS}/${id}`;
    await operator.delete(path);
    for (const answer of [
      await operator.post(TENANTS, { id }),
      await operator.patch(path, { name: "again" }),
      await operator.post(`${path}/suspend`),
      await operator.post(`${path}/resume`),
      await operator.get(`${path}/keys`),
      await operator.post(`${path}/keys`, { name: "x", scopes: ["manage"] }),
    ]) {
      expectProblem(answer, "tenant_deleted");
    }
  });

  it("has fenced its gate off: what that was about to write is not written", async () => {
    const { id } = await createTenant();
    await gateOf(id).enqueue([draft({ dueAt: Date.now() + 3_600_000 })]);
    await env.DB.prepare(
      "UPDATE tenants SET suspended_at = 1, deleted_at = 1, gate_epoch = gate_epoch + 1 WHERE id = ?1",
    )
      .bind(id)
      .run();
    vi.spyOn(console, "warn").mockReturnValue();
    expect((await gateOf(id).enqueue([draft()])).kind).toBe("storage_unavailable");
    expect((await gateOf(id).enqueue([draft()])).kind).toBe("unknown_tenant");
    expect(await statesOf(id)).toEqual({ scheduled: 1 });
    vi.restoreAllMocks();
  });
});

describe("the operator's keys for a tenant", () => {
  it("may be any, and are the tenant's", async () => {
    const tenant = await createTenant();
    const { id } = await newKey(tenant.id, { scopes: ["jobs:read"], types: ["noop"] });
    const { data } = (await operator.get(`${TENANTS}/${tenant.id}/keys`)).body;
    expect(data).toEqual((await apiOf(tenant).get("/v1/keys")).body.data);
    expect(data[0]).toMatchObject({ id, scopes: ["jobs:read"], types: ["noop"] });
  });
});

describe("the operator's routes", () => {
  it("have no others below them that would ask for a tenant's key", async () => {
    const { key } = await createTenant();
    const nowhere = `${TENANTS}/acme/everything`;
    expectProblem(await request(nowhere, { headers: { Authorization: `Bearer ${key}` } }), "unauthorized");
    expectProblem(await operator.get(nowhere), "not_found");
  });

  it.each([
    ["PUT", TENANTS, "GET, POST"],
    ["POST", `${TENANTS}/acme`, "GET, PATCH, DELETE"],
    ["GET", `${TENANTS}/acme/suspend`, "POST"],
    ["GET", `${TENANTS}/acme/resume`, "POST"],
    ["PATCH", `${TENANTS}/acme/keys`, "GET, POST"],
    ["GET", `${TENANTS}/acme/keys/1`, "DELETE"],
    ["DELETE", `${TENANTS}/acme/keys/1/rotate`, "POST"],
  ])("do not take %s %s, and say what they take", async (method, path, allow) => {
    const headers = {
      Authorization: `Bearer ${(env as unknown as { SLUICE_ADMIN_TOKEN: string }).SLUICE_ADMIN_TOKEN}`,
    };
    const refused = await request(path, { method, headers });
    expectProblem(refused, "method_not_allowed");
    expect(refused.headers.get("Allow")).toBe(allow);
  });

  it("take JSON, and not much of it", async () => {
    const post = (body: unknown, headers = {}) => operator.post(TENANTS, body, headers);
    expectProblem(await post("{"), "malformed_json");
    expectProblem(await post({ id: "a", name: "x".repeat(5_000) }), "payload_too_large");
    expectProblem(await post("id=a", { "content-type": "text/plain" }), "unsupported_media_type");
  });
});
