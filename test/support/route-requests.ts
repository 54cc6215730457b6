import { routesOf } from "./route-table.ts";
import worker from "./worker.ts";

/** What a caller who means well sends to a route. */
export interface RouteRequest {
  /** For the parameters of the path, in their order. */
  readonly path?: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const JOB = { type: "noop", payload: { a: [1, "b", null] }, queue: "mail", priority: 3, delay: "1s", expireIn: "1h" };
const ID = ["019f0000-0000-7000-8000-000000000000"];
const NAME = ["name"];

/** An example for each route of the API, by its method and path. */
export const ROUTE_REQUESTS: Readonly<Record<string, RouteRequest>> = {
  "GET /healthz": {},
  "GET /problems/:code": { path: ["not_found"] },
  "POST /v1/jobs": {
    query: { wait: "0.01" },
    body: { ...JOB, retry: { maxAttempts: 2, backoff: "fixed", base: "1s" } },
  },
  "GET /v1/jobs": {
    query: { state: "queued,running", type: "noop", queue: "mail", include: "payload", limit: "10", cursor: "x" },
  },
  "POST /v1/jobs/batch": { body: { jobs: [JOB, { type: "noop", unique: { by: ["type"], while: "unfinished" } }] } },
  "GET /v1/jobs/:id": { path: ID, query: { wait: "0.01" } },
  "POST /v1/jobs/:id/cancel": { path: ID },
  "POST /v1/jobs/:id/run": { path: ID },
  "POST /v1/jobs/:id/replay": { path: ID, body: { idempotencyKey: "key" } },
  "POST /v1/replays": { body: { state: "failed", type: "noop", error: "Error", createdAfter: "2026-01-01T00:00:00Z" } },
  "GET /v1/replays": {},
  "GET /v1/replays/:id": { path: ID },
  "POST /v1/replays/:id/confirm": { path: ID, body: { perSecond: 10 } },
  "POST /v1/replays/:id/cancel": { path: ID },
  "POST /v1/cancellations": { body: { type: "noop", queue: "mail", createdBefore: "2026-01-01T00:00:00Z" } },
  "GET /v1/cancellations": {},
  "GET /v1/cancellations/:id": { path: ID },
  "POST /v1/cancellations/:id/confirm": { path: ID, body: { perSecond: 10 } },
  "POST /v1/cancellations/:id/cancel": { path: ID },
  "GET /v1/schedules": { query: { limit: "10", cursor: "name" } },
  "GET /v1/schedules/:name": { path: NAME },
  "PUT /v1/schedules/:name": {
    path: NAME,
    body: {
      type: "noop",
      cron: "0 9 * * 1",
      timezone: "Europe/Berlin",
      overlap: "skip",
      missed: "runOnce",
      paused: true,
    },
  },
  "DELETE /v1/schedules/:name": { path: NAME },
  "POST /v1/schedules/:name/pause": { path: NAME },
  "POST /v1/schedules/:name/resume": { path: NAME },
  "POST /v1/schedules/:name/run": { path: NAME, body: { idempotencyKey: "key" } },
  "POST /v1/blobs": { body: "content" },
  "GET /v1/blobs/:id": { path: ["blob_019f0000-0000-7000-8000-000000000000"] },
  "GET /v1/queues": {},
  "GET /v1/queues/:name": { path: NAME },
  "PUT /v1/queues/:name": { path: NAME, body: { concurrency: 5, rate: { limit: 10, period: "1m" }, paused: false } },
  "DELETE /v1/queues/:name": { path: NAME },
  "POST /v1/queues/:name/pause": { path: NAME },
  "POST /v1/queues/:name/resume": { path: NAME },
  "GET /v1/endpoints": {},
  "GET /v1/endpoints/:name": { path: NAME },
  "PUT /v1/endpoints/:name": {
    path: NAME,
    body: {
      provider: "github",
      secret: "a secret",
      type: "noop",
      queue: "hooks",
      priority: 1,
      events: ["push"],
      disabled: false,
    },
  },
  "DELETE /v1/endpoints/:name": { path: NAME },
  "POST /v1/endpoints/:name/rotate": { path: NAME, body: { secret: "another secret", overlap: "1h" } },
  "GET /v1/endpoints/:name/rejections": { path: NAME },
  "POST /in/:id": { path: ["ep_AAAAAAAAAAAAAAAAAAAAAAAA"], body: { action: "opened" } },
  "GET /in/:id": { path: ["ep_AAAAAAAAAAAAAAAAAAAAAAAA"] },
  "GET /v1/disabled-receivers": {},
  "DELETE /v1/disabled-receivers": { query: { url: "https://example.com/hook" } },
  "GET /v1/keys": {},
  "POST /v1/keys": { body: { name: "key", scopes: ["jobs:read"], types: ["noop"], expiresIn: "1h" } },
  "DELETE /v1/keys/:id": { path: ID },
  "POST /v1/keys/:id/rotate": { path: ID, body: { overlap: "1h" } },
  "POST /v1/tenants": {
    body: { id: "fuzz", name: "Fuzz", limits: { rate: 1 }, region: { locationHint: "weur", jurisdiction: null } },
  },
  "GET /v1/tenants": { query: { limit: "10", cursor: "x" } },
  "GET /v1/tenants/:tenantId": { path: NAME },
  "PATCH /v1/tenants/:tenantId": { path: NAME, body: { name: "Other", limits: { rate: null, burst: 5 } } },
  "DELETE /v1/tenants/:tenantId": { path: NAME },
  "POST /v1/tenants/:tenantId/suspend": { path: NAME },
  "POST /v1/tenants/:tenantId/resume": { path: NAME },
  "GET /v1/tenants/:tenantId/keys": { path: NAME },
  "POST /v1/tenants/:tenantId/keys": { path: NAME, body: { name: "key", scopes: ["manage"] } },
  "DELETE /v1/tenants/:tenantId/keys/:id": { path: [...NAME, ...ID] },
  "POST /v1/tenants/:tenantId/keys/:id/rotate": { path: [...NAME, ...ID], body: { overlap: 0 } },
  "GET /v1/signing-secrets": {},
  "POST /v1/signing-secrets/rotate": { body: { overlap: "1h", id: ID[0] } },
};

/** All routes of the API, as "METHOD /path", and whether they are the operator's. */
export function routesOfApi(): { name: string; isOperators: boolean }[] {
  const operators = new Set(
    routesOf(worker.app).flatMap(({ method, path, guard }) => (guard === "operator" ? `${method} ${path}` : [])),
  );
  const names = worker.app.routes.flatMap(({ method, path }) =>
    method === "ALL" || path.includes("*") ? [] : `${method} ${path}`,
  );
  return [...new Set(names)].map((name) => ({ name, isOperators: operators.has(name) }));
}
