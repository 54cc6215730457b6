import { statsQuerySchema } from "../../../protocol/stats.ts";
import { statsViewSchema } from "../../../protocol/stats-view.ts";
import type { Resource } from "../operation.ts";

const SUMMARY = {
  in: 3,
  out: 2,
  succeeded: 1,
  failed: 1,
  cancelled: 0,
  retried: 4,
  handedBack: 0,
  refused: { rate: 2, backlog: 0, overloaded: 0, storage: 0 },
  perSecond: { in: 0.025, out: 0.017, refused: 0.017 },
  successRatio: 0.5,
  waitMs: { p50: 9, p95: 14, p99: 14, mean: 10.5 },
  runMs: { p50: 96, p95: 212, p99: 212, mean: 154 },
};
const OLDEST = { since: "2027-01-31T09:56:00.000Z", limit: "concurrency" };
const WAITING = { waiting: { count: 1, atLeast: false }, inFlight: 10 };

const STATS = {
  window: "1h",
  since: "2027-01-31T09:58:00.000Z",
  until: "2027-01-31T10:00:00.000Z",
  now: {
    sentence: "Oldest waits 4 min: `mail` is at its concurrency of 10.",
    oldest: { queue: "mail", ageMs: 240_000, ...OLDEST },
    concurrency: 100,
    delayed: { count: 0, atLeast: false },
    ...WAITING,
  },
  totals: SUMMARY,
  queues: [{ name: "mail", oldestSince: OLDEST.since, limit: OLDEST.limit, ...WAITING, ...SUMMARY }],
  failures: [{ type: "http.request", error: "HttpError", retried: 4, failed: 1 }],
  series: {
    start: "2027-01-31T09:58:00.000Z",
    stepSeconds: 60,
    in: [1, 2],
    out: [0, 2],
    failed: [0, 1],
    retried: [3, 1],
    refused: { rate: [0, 2], backlog: [0, 0], overloaded: [0, 0], storage: [0, 0] },
    waitP95Ms: [null, 14],
    runP95Ms: [null, 212],
  },
};

export const stats: Resource = {
  name: "Statistics",
  description: "Whether jobs flow, and what has happened to them of late.",
  operations: {
    "GET /v1/stats": {
      id: "getStats",
      summary: "Read statistics of the tenant, or of one queue",
      query: statsQuerySchema,
      answers: { 200: { description: "The statistics.", schema: statsViewSchema, example: STATS } },
      problems: ["overloaded"],
    },
  },
};
