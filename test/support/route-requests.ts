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
  "GET /v1/signing-secrets": {},
  "POST /v1/signing-secrets/rotate": { body: { overlap: "1h", id: ID[0] } },
};

/** All routes of the API that take a request, as "METHOD /path". */
export function routesOfApi(): string[] {
  const methods = new Set(["GET", "POST", "PUT", "PATCH", "DELETE"]);
  const routes = worker.app.routes.filter(({ method, path }) => methods.has(method) && !path.includes("*"));
  return [...new Set(routes.map(({ method, path }) => `${method} ${path}`))];
}
