import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { beforeAll, describe, expect, it } from "vitest";
import { guardOf } from "../../src/api/guards.ts";
import { SCOPES } from "../../src/domain/grant.ts";
import { newJobId } from "../../src/protocol/new-job-id.ts";
import { TENANT_TABLES } from "../../src/storage/delete-tenant.ts";
import { type Answer, apiOf, request, upload } from "../support/api.ts";
import { finishedJobs } from "../support/finished-jobs.ts";
import { newKey, operator } from "../support/operator.ts";
import { expectProblem } from "../support/problems.ts";
import { catchAllsOf, type Route, routesOf } from "../support/route-table.ts";
import { createTenant } from "../support/tenants.ts";
import sluice from "../support/worker.ts";

/** A tenant with one thing of each kind, whose jobs are all of the type `echo`. */
interface Fixture {
  readonly id: string;
  readonly key: string;
  readonly done: string;
  readonly later: string;
  readonly group: string;
  readonly replay: string;
  readonly cancellation: string;
  readonly blob: string;
  readonly keyId: string;
}

/** A call that is as it should be, and what it comes to for whom. */
interface Sample {
  readonly path?: (fixture: Fixture) => string;
  readonly query?: string;
  readonly body?: unknown;
  readonly ok: number;
  /** For a key of another tenant: as for any other where it finds its own, or 404 where it asks for what is not its own. */
  readonly foreign: number;
  /** For a key that is limited to another type: 403 where it is about jobs of that type. */
  readonly typed: number;
}

const job = { type: "echo", payload: 1 };
const endpoint = { type: "echo", provider: "github", secret: "a secret" };
const RECEIVER = "https://gone.example/hook";
const alert = { measure: "oldest_due_age", threshold: "5m", url: "https://alerts.example/hook" };
const schedule = { ...job, cron: "0 0 1 1 *" };
const own = (ok: number, body?: unknown): Sample => ({ body, ok, foreign: ok, typed: 403 });
const list = (typed = 200): Sample => ({ ok: 200, foreign: 200, typed });
const one = (name: keyof Fixture, tail: string, ok: number, typed = 403): Sample => ({
  path: (fixture) => `${fixture[name]}${tail}`,
  ok,
  foreign: 404,
  typed,
});
/** Of the whole tenant, whatever types a key is limited to. */
const whole = (ok: number, foreign: number, body?: unknown): Sample => ({ body, ok, foreign, typed: ok });

/** How each route of a tenant is called. A route that is not here fails the tests. */
const SAMPLES: Record<string, Sample> = {
  "POST /v1/jobs": own(202, job),
  "GET /v1/jobs": list(),
  "POST /v1/jobs/batch": own(202, { jobs: [job] }),
  "GET /v1/jobs/:id": one("done", "", 200),
  "POST /v1/jobs/:id/cancel": one("later", "/cancel", 200),
  "POST /v1/jobs/:id/run": one("later", "/run", 200),
  "POST /v1/jobs/:id/read-token": one("done", "/read-token", 201),
  "POST /v1/jobs/:id/replay": one("done", "/replay", 202),
  "GET /v1/groups": list(),
  "GET /v1/groups/:id": one("group", "", 200),
  "POST /v1/groups/:id/cancel": one("group", "/cancel", 202),
  "POST /v1/replays": own(201, { type: "echo" }),
  "GET /v1/replays": list(),
  "GET /v1/replays/:id": one("replay", "", 200),
  "POST /v1/replays/:id/confirm": one("replay", "/confirm", 202),
  "POST /v1/replays/:id/cancel": one("replay", "/cancel", 200),
  "POST /v1/cancellations": own(201, { type: "echo" }),
  "GET /v1/cancellations": list(),
  "GET /v1/cancellations/:id": one("cancellation", "", 200),
  "POST /v1/cancellations/:id/confirm": one("cancellation", "/confirm", 202),
  "POST /v1/cancellations/:id/cancel": one("cancellation", "/cancel", 200),
  "GET /v1/schedules": list(),
  "PUT /v1/schedules/:name": { path: () => "nightly", body: schedule, ok: 200, foreign: 201, typed: 403 },
  "GET /v1/schedules/:name": { ...one("done", "", 200), path: () => "nightly" },
  "DELETE /v1/schedules/:name": { ...one("done", "", 204), path: () => "nightly" },
  "POST /v1/schedules/:name/pause": { ...one("done", "", 200), path: () => "nightly/pause" },
  "POST /v1/schedules/:name/resume": { ...one("done", "", 200), path: () => "nightly/resume" },
  "POST /v1/schedules/:name/run": { ...one("done", "", 202), path: () => "nightly/run" },
  "POST /v1/blobs": whole(201, 201, "text"),
  "GET /v1/blobs/:id": one("blob", "", 200, 200),
  "GET /v1/queues": whole(200, 200),
  "GET /v1/queues/:name": { ...whole(200, 404), path: () => "mail" },
  "PUT /v1/queues/:name": { ...whole(200, 201, { concurrency: 7 }), path: () => "mail" },
  "DELETE /v1/queues/:name": { ...whole(204, 404), path: () => "mail" },
  "POST /v1/queues/:name/pause": { ...whole(200, 201), path: () => "mail/pause" },
  "POST /v1/queues/:name/resume": { ...whole(200, 404), path: () => "mail/resume" },
  "GET /v1/endpoints": list(),
  "PUT /v1/endpoints/:name": { path: () => "hook", body: endpoint, ok: 200, foreign: 201, typed: 403 },
  "GET /v1/endpoints/:name": { ...one("done", "", 200), path: () => "hook" },
  "DELETE /v1/endpoints/:name": { ...one("done", "", 204), path: () => "hook" },
  "POST /v1/endpoints/:name/rotate": {
    ...one("done", "", 200),
    path: () => "hook/rotate",
    body: { secret: "another secret" },
  },
  "GET /v1/endpoints/:name/rejections": { ...one("done", "", 200), path: () => "hook/rejections" },
  "GET /v1/disabled-receivers": whole(200, 200),
  "DELETE /v1/disabled-receivers": { ...whole(204, 404), query: `?url=${encodeURIComponent(RECEIVER)}` },
  "GET /v1/alerts": whole(200, 200),
  "GET /v1/alerts/:name": { ...whole(200, 404), path: () => "late" },
  "PUT /v1/alerts/:name": { ...whole(200, 201, alert), path: () => "late" },
  "DELETE /v1/alerts/:name": { ...whole(204, 404), path: () => "late" },
  "GET /v1/stats": whole(200, 200),
  "GET /v1/events": { ...list(), typed: 403 },
  "GET /v1/jobs/:id/events": one("done", "/events", 200),
  "GET /v1/keys": list(),
  "POST /v1/keys": own(201, { name: "another", scopes: ["manage"], types: ["echo"] }),
  "DELETE /v1/keys/:id": one("keyId", "", 204),
  "POST /v1/keys/:id/rotate": one("keyId", "/rotate", 201),
  "GET /v1/signing-secrets": whole(200, 200),
  "POST /v1/signing-secrets/rotate": whole(201, 201),
};

const nameOf = ({ method, path }: Route) => `${method} ${path}`;
const routes = routesOf(sluice.app);
const tenantRoutes = routes.filter(({ guard }) => guard !== "operator");
const operatorRoutes = routes.filter(({ guard }) => guard === "operator");

async function newFixture(): Promise<Fixture> {
  const tenant = await createTenant();
  const api = apiOf(tenant);
  const [done = ""] = await finishedJobs(tenant.id, 1, job);
  const { body: later } = await api.post("/v1/jobs", { ...job, delay: "1d" });
  const { body: batch } = await api.post("/v1/jobs/batch", { jobs: [{ ...job, delay: "1d" }], group: {} });
  const { body: replay } = await api.post("/v1/replays", { type: "echo" });
  const { body: cancellation } = await api.post("/v1/cancellations", { type: "echo" });
  await api.put("/v1/schedules/nightly", schedule);
  await api.put("/v1/queues/mail", { concurrency: 5 });
  await api.put("/v1/endpoints/hook", endpoint);
  await api.put("/v1/alerts/late", { ...alert, threshold: "10m" });
  await env.DB.prepare("INSERT INTO disabled_receivers (tenant_id, url, disabled_at, job_id) VALUES (?1, ?2, 1, ?3)")
    .bind(tenant.id, RECEIVER, newJobId())
    .run();
  await api.get("/v1/signing-secrets");
  const { body: blob } = await upload(tenant, "text");
  const { id: keyId } = await newKey(tenant.id, { scopes: ["manage"], types: ["echo"] });
  return {
    ...tenant,
    done,
    later: later.id,
    group: batch.data[0].groupId,
    replay: replay.id,
    cancellation: cancellation.id,
    blob: blob.id,
    keyId,
  };
}

function call(route: Route, fixture: Fixture, headers: Record<string, string>): Promise<Answer> {
  const { path, query = "", body } = sampleOf(route);
  const below = route.path.indexOf("/:");
  const url = (path === undefined ? route.path : `${route.path.slice(0, below)}/${path(fixture)}`) + query;
  const isText = typeof body === "string";
  return request(url, {
    method: route.method,
    headers: { "content-type": isText ? "text/plain" : "application/json", ...headers },
    ...(body !== undefined && { body: isText ? body : JSON.stringify(body) }),
  });
}

function sampleOf(route: Route): Sample {
  const sample = SAMPLES[nameOf(route)];
  if (sample === undefined) throw new Error(`${nameOf(route)} is not in the matrix: say how it is called`);
  return sample;
}

const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });

/** All that the tenant has, but its keys, which tests make. */
async function everythingOf(tenantId: string): Promise<string> {
  const tables = TENANT_TABLES.filter((table) => table !== "api_keys");
  const rows = await env.DB.batch(
    tables.map((table) => env.DB.prepare(`SELECT * FROM ${table} WHERE tenant_id = ?1`).bind(tenantId)),
  );
  const { objects } = await env.BLOBS.list({ prefix: `${tenantId}/` });
  return JSON.stringify([rows.map(({ results }) => results), objects.map(({ key }) => key)]);
}

const keys = new Map<string, string>();

/** A key of `untouched` that may do no more than this: the same for all routes. */
async function limitedKey(request: { scopes?: string[]; types?: string[] }): Promise<string> {
  const name = JSON.stringify(request);
  const key = keys.get(name) ?? (await newKey(untouched.id, request)).key;
  keys.set(name, key);
  return key;
}

async function setKey(id: string, column: "expires_at" | "revoked_at"): Promise<void> {
  await env.DB.prepare(`UPDATE api_keys SET ${column} = ?2 WHERE id = ?1`)
    .bind(id, Date.now() - 1)
    .run();
}

/** Whatever was refused, or was another tenant's, has left these two as they were. */
let untouched: Fixture;
let deleted: Fixture;
/** For what makes or changes something, and then finds it as well as before. */
let changed: Fixture;

/** What ends or takes away something gets a tenant of its own. */
async function fixtureFor({ method, path }: Route): Promise<Fixture> {
  if (method === "GET") return untouched;
  const ends = method === "DELETE" || /\/(cancel|confirm|replay|rotate|run)$/.test(path);
  return ends ? newFixture() : changed;
}

beforeAll(async () => {
  untouched = await newFixture();
  deleted = await newFixture();
  changed = await newFixture();
  await operator.delete(`/v1/tenants/${deleted.id}`);
});

describe("the table of routes", () => {
  it("says of each route below /v1 whom it lets through", () => {
    expect(routes.length).toBeGreaterThan(40);
    expect(routes.filter(({ guard }) => guard === undefined).map(nameOf)).toEqual([]);
  });

  it("would show a route that does not say it", () => {
    const careless = new Hono().get("/v1/secrets", (c) => c.text("all of them"));
    expect(routesOf(careless)).toEqual([{ method: "GET", path: "/v1/secrets", guard: undefined }]);
  });

  it("has each route of a tenant in this matrix, and none that is gone", () => {
    expect(tenantRoutes.map(nameOf).toSorted()).toEqual(Object.keys(SAMPLES).toSorted());
  });

  it("lets nothing through that answers every method, but middleware", () => {
    const [answers, middleware] = [new Set<string>(), new Set<string>()];
    for (const { path, handler } of catchAllsOf(sluice.app)) {
      // It passes requests on: for all below a path, or as the guard of one.
      const isMiddleware = handler.length === 2 && (path.endsWith("/*") || guardOf(handler) !== undefined);
      (isMiddleware ? middleware : answers).add(path);
      if (!isMiddleware) expect(() => handler(), path).toThrow(/^(Allowed: |There is no such route)/);
    }
    expect(middleware).toContain("/v1/*");
    // Each path says so of the methods that it does not take.
    expect(new Set(routes.map(({ path }) => path)).difference(answers)).toEqual(new Set());
  });
});

describe.each(tenantRoutes.map((route) => [nameOf(route), route] as const))("%s", (_, route) => {
  const { guard } = route;
  const { ok, foreign, typed } = sampleOf(route);

  it("refuses every key that it should, and nothing has changed then", async () => {
    const fixture = untouched;
    const before = await everythingOf(fixture.id);
    const none = await call(route, fixture, {});
    expectProblem(none, "unauthorized");
    expect(none.headers.get("WWW-Authenticate")).toBe('Bearer realm="sluice"');

    const unknown = await call(route, fixture, bearer("slk_nobody_0123456789abcdef0123456789"));
    expectProblem(unknown, "unauthorized");
    expect(unknown.headers.get("WWW-Authenticate")).toBe('Bearer realm="sluice", error="invalid_token"');

    const scopes = SCOPES.filter((scope) => scope !== guard);
    const missing = await call(route, fixture, bearer(await limitedKey({ scopes })));
    expectProblem(missing, "insufficient_scope");
    expect(missing.headers.get("WWW-Authenticate")).toBe(
      `Bearer realm="sluice", error="insufficient_scope", scope="${guard}"`,
    );

    for (const column of ["expires_at", "revoked_at"] as const) {
      const { id, key } = await newKey(fixture.id);
      await setKey(id, column);
      const ended = await call(route, fixture, bearer(key));
      expectProblem(ended, "unauthorized");
      expect(ended.headers.get("WWW-Authenticate")).toBe('Bearer realm="sluice", error="invalid_token"');
    }

    if (typed === 403) {
      const limited = await call(route, fixture, bearer(await limitedKey({ types: ["noop"] })));
      expect(expectProblem(limited, "type_not_allowed").detail).toContain("noop");
    }

    await operator.post(`/v1/tenants/${fixture.id}/suspend`);
    expectProblem(await call(route, fixture, bearer(fixture.key)), "tenant_suspended");
    await operator.post(`/v1/tenants/${fixture.id}/resume`);
    expect(await everythingOf(fixture.id)).toBe(before);
  });

  it("shows and gives another tenant nothing of this one", async () => {
    const [fixture, stranger] = [untouched, await createTenant()];
    const before = await everythingOf(fixture.id);
    const answer = await call(route, fixture, bearer(stranger.key));
    expect(answer.status).toBe(foreign);
    if (foreign < 300) for (const id of Object.values(fixture)) expect(JSON.stringify(answer.body)).not.toContain(id);
    expect(await everythingOf(fixture.id)).toBe(before);
  });

  it("takes a key that has just its scope", async () => {
    const fixture = await fixtureFor(route);
    const { key } = await newKey(fixture.id, { scopes: [String(guard)] });
    expect((await call(route, fixture, bearer(key))).status).toBe(ok);
  });

  it("knows nobody any more once the tenant is deleted", async () => {
    expectProblem(await call(route, deleted, bearer(deleted.key)), "unauthorized");
  });
});

describe.each(
  tenantRoutes.filter((route) => sampleOf(route).body !== undefined).map((route) => [nameOf(route), route] as const),
)("%s", (_, route) => {
  it("refuses a body that is larger than it takes, before it is parsed", async () => {
    const type = typeof sampleOf(route).body === "string" ? "text/plain" : "application/json";
    const { path } = sampleOf(route);
    const url = path === undefined ? route.path : `${route.path.slice(0, route.path.indexOf("/:"))}/${path(untouched)}`;
    // Whoever parsed it would say that it is not JSON.
    const body = "[".repeat(12_000_000);
    const headers = { ...bearer(untouched.key), "content-type": type };
    expectProblem(await request(url, { method: route.method, headers, body }), "payload_too_large");
    const streamed = new Blob([body]).stream();
    const unannounced = await request(url, { method: route.method, headers, body: streamed });
    expect(["payload_too_large", "length_required"]).toContain(unannounced.body.code);
  });
});

describe.each(
  tenantRoutes.filter((route) => sampleOf(route).typed !== 403).map((route) => [nameOf(route), route] as const),
)("%s", (_, route) => {
  it("shows a key for other types nothing of this one", async () => {
    const fixture = await fixtureFor(route);
    const { done, later, replay, cancellation } = fixture;
    const { key } = await newKey(fixture.id, { types: ["noop"] });
    const answer = await call(route, fixture, bearer(key));
    expect(answer.status).toBe(sampleOf(route).typed);
    const shown = JSON.stringify(answer.body ?? null);
    for (const hidden of [done, later, replay, cancellation, "nightly"]) expect(shown).not.toContain(hidden);
  });
});

describe.each(operatorRoutes.map((route) => [nameOf(route), route] as const))("%s", (_, { method, path }) => {
  const TOKEN = "another-token-0123456789abcdefghijklmnop";
  const url = `https://sluice.test${path.replace(":tenantId", "acme").replace(":id", "key")}`;
  const send = (headers: Record<string, string>, bindings: object = {}) =>
    sluice.app.request(url, { method, headers }, { ...env, ...bindings });
  const codeOf = async (response: Response) => [response.status, (await response.json<{ code: string }>()).code];

  it("lets through nobody but the operator", async () => {
    const { key } = await createTenant();
    expect(await codeOf(await send({}))).toEqual([401, "unauthorized"]);
    for (const token of [key, TOKEN, "x"]) {
      const refused = await send(bearer(token));
      expect(refused.headers.get("WWW-Authenticate")).toBe('Bearer realm="sluice operator", error="invalid_token"');
      expect(await codeOf(refused)).toEqual([401, "unauthorized"]);
    }
    expect((await send(bearer(TOKEN), { SLUICE_ADMIN_TOKEN: TOKEN })).status).not.toBe(401);
  });

  it.each([
    ["missing", undefined],
    ["empty", ""],
    ["short", "0123456789abcdefghijklmnopqrstu"],
    ["always the same", "abcabcabc".repeat(10)],
  ])("is off while the operator's token is %s", async (_, SLUICE_ADMIN_TOKEN) => {
    for (const headers of [{}, bearer(SLUICE_ADMIN_TOKEN ?? "undefined"), bearer("null")]) {
      expect(await codeOf(await send(headers, { SLUICE_ADMIN_TOKEN }))).toEqual([403, "operator_api_off"]);
    }
  });
});
