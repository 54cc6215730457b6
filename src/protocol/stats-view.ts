import { z } from "zod";
import { BINDING_LIMITS } from "../domain/flow.ts";
import { statsWindowSchema } from "./stats.ts";
import { type View, viewTimeSchema } from "./view.ts";

const count = z.int().min(0);
const limitSchema = z.enum(BINDING_LIMITS).nullable();

const boundedCountSchema = z.strictObject({ count, atLeast: z.boolean() }).meta({
  id: "BoundedCount",
  description: "A number that was counted up to a bound: `atLeast` when there may be more.",
});

const percentilesSchema = z
  .strictObject({ p50: z.number(), p95: z.number(), p99: z.number(), mean: z.number() })
  .meta({ id: "Percentiles", description: "Milliseconds, each within 2 % of the true one, and the exact mean." });

const refusedSchema = z
  .strictObject({ rate: count, backlog: count, overloaded: count, storage: count })
  .meta({ id: "Refused", description: "Jobs that were answered with a 503, by the limit that they met." });

const summarySchema = z
  .strictObject({
    in: count.describe("Jobs that were stored."),
    out: count.describe("Jobs that ended."),
    succeeded: count,
    failed: count,
    cancelled: count,
    retried: count.describe("Attempts that are made again."),
    handedBack: count,
    refused: refusedSchema,
    perSecond: z.strictObject({ in: z.number(), out: z.number(), refused: z.number() }),
    successRatio: z.number().nullable().describe("Of the jobs that succeeded or failed; null when there were none."),
    waitMs: percentilesSchema
      .nullable()
      .describe("From when a job could start to when it did, of all attempts; null when there were none."),
    runMs: percentilesSchema.nullable().describe("How long attempts ran."),
  })
  .meta({ id: "StatsSummary", description: "What has happened within a window." });

const failureSchema = z
  .strictObject({ type: z.string(), error: z.string().describe("The error's name."), retried: count, failed: count })
  .meta({ id: "FailureCount", description: "Attempts that failed in the same way." });

const numbers = z.array(count);
const numbersOrNone = z.array(z.number().nullable()).describe("Null where no attempt has ended.");

const seriesSchema = z
  .strictObject({
    start: viewTimeSchema,
    stepSeconds: z.int(),
    in: numbers,
    out: numbers,
    failed: numbers,
    retried: numbers,
    refused: z.strictObject({ rate: numbers, backlog: numbers, overloaded: numbers, storage: numbers }),
    waitP95Ms: numbersOrNone,
    runP95Ms: numbersOrNone,
  })
  .meta({ id: "StatsSeries", description: "One number for each step since `start`, of each kind." });

const queueStatsSchema = summarySchema
  .extend({
    name: z.string().describe("`(other)` stands for all that are not told apart."),
    waiting: boundedCountSchema.describe("Jobs that could start if there were room."),
    inFlight: count.describe("Jobs in the Queue or running."),
    oldestSince: viewTimeSchema.nullable().describe("Since when its oldest job waits for room; null when none does."),
    limit: limitSchema.describe("What keeps its next job from starting; null when nothing waits, or nothing keeps it."),
  })
  .meta({ id: "QueueStats", description: "A queue at this moment, and within the window." });

const oldestSchema = z.strictObject({
  queue: z.string(),
  since: viewTimeSchema,
  ageMs: z.number(),
  limit: limitSchema,
});

const presentSchema = z
  .strictObject({
    sentence: z
      .string()
      .describe('Whether jobs flow, for a person: "Oldest waits 3 min: `mail` is at its concurrency of 10."'),
    oldest: oldestSchema
      .nullable()
      .describe("The job that should have started before all others; null when none is due."),
    inFlight: count,
    concurrency: z.int(),
    waiting: boundedCountSchema,
    delayed: boundedCountSchema.describe(
      "Jobs that wait for a later time: delayed ones, and those between two attempts.",
    ),
  })
  .meta({ id: "StatsOfNow", description: "What is so at this moment." });

export const statsViewSchema = z
  .strictObject({
    window: statsWindowSchema,
    since: viewTimeSchema,
    until: viewTimeSchema,
    now: presentSchema,
    totals: summarySchema,
    queues: z.array(queueStatsSchema).describe("At most 100, those with the most jobs first."),
    failures: z.array(failureSchema).describe("The most frequent first."),
    series: seriesSchema,
  })
  .meta({ id: "Stats", description: "Statistics of a tenant, or of one of its queues. Times are ISO 8601 in UTC." });

export type Percentiles = View<typeof percentilesSchema>;
export type StatsSummary = View<typeof summarySchema>;
export type FailureView = View<typeof failureSchema>;
export type StatsSeries = View<typeof seriesSchema>;
export type QueueStats = View<typeof queueStatsSchema>;
/** Statistics of a tenant, or of one of its queues. Times are ISO 8601 in UTC. */
export type StatsView = View<typeof statsViewSchema>;
