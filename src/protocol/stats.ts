import { z } from "zod";
import type { BindingLimit } from "../domain/flow.ts";
import { queueNameSchema } from "./queue-settings.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How far back statistics go, and how finely; in milliseconds. */
export const STATS_WINDOWS = {
  "1h": { spanMs: HOUR, stepMs: MINUTE },
  "24h": { spanMs: DAY, stepMs: MINUTE },
  "30d": { spanMs: 30 * DAY, stepMs: HOUR },
} as const;
export type StatsWindow = keyof typeof STATS_WINDOWS;

/** What a caller asks for. */
export const statsQuerySchema = z.strictObject({
  window: z.enum(Object.keys(STATS_WINDOWS) as [StatsWindow, ...StatsWindow[]]).default("1h"),
  queue: queueNameSchema.optional(),
});
export type StatsQuery = z.output<typeof statsQuerySchema>;
export type StatsRequest = z.input<typeof statsQuerySchema>;

/** A number that was counted up to a bound: `atLeast` when there may be more. */
export interface BoundedCount {
  readonly count: number;
  readonly atLeast: boolean;
}

/** Milliseconds, each within 2 % of the true one, and the exact mean. */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly mean: number;
}

/** Jobs that were answered with a 503, by the limit that they met. */
export interface Refused {
  readonly rate: number;
  readonly backlog: number;
  readonly overloaded: number;
  readonly storage: number;
}

/** What has happened within a window. */
export interface StatsSummary {
  /** Jobs that were stored. */
  readonly in: number;
  /** Jobs that ended. */
  readonly out: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Attempts that are made again. */
  readonly retried: number;
  readonly handedBack: number;
  readonly refused: Refused;
  readonly perSecond: { readonly in: number; readonly out: number; readonly refused: number };
  /** Of the jobs that succeeded or failed; null when there were none. */
  readonly successRatio: number | null;
  /** From when a job could start to when it did, of all attempts; null when there were none. */
  readonly waitMs: Percentiles | null;
  /** How long attempts ran. */
  readonly runMs: Percentiles | null;
}

/** Attempts that failed in the same way. */
export interface FailureView {
  readonly type: string;
  /** The error's name. */
  readonly error: string;
  readonly retried: number;
  readonly failed: number;
}

/** One number for each step since `start`, of each kind. */
export interface StatsSeries {
  /** ISO 8601 in UTC. */
  readonly start: string;
  readonly stepSeconds: number;
  readonly in: readonly number[];
  readonly out: readonly number[];
  readonly failed: readonly number[];
  readonly retried: readonly number[];
  readonly refused: { readonly [Limit in keyof Refused]: readonly number[] };
  /** Null where no attempt has ended. */
  readonly waitP95Ms: readonly (number | null)[];
  readonly runP95Ms: readonly (number | null)[];
}

/** A queue at this moment, and within the window. */
export interface QueueStats extends StatsSummary {
  /** `(other)` stands for all that are not told apart. */
  readonly name: string;
  /** Jobs that could start if there were room. */
  readonly waiting: BoundedCount;
  /** Jobs in the Queue or running. */
  readonly inFlight: number;
  /** Since when its oldest job waits for room; null when none does. */
  readonly oldestSince: string | null;
  /** What keeps its next job from starting; null when nothing waits, or nothing keeps it. */
  readonly limit: BindingLimit | null;
}

/** Statistics of a tenant, or of one of its queues. Times are ISO 8601 in UTC. */
export interface StatsView {
  readonly window: StatsWindow;
  readonly since: string;
  readonly until: string;
  readonly now: {
    /** Whether jobs flow, for a person: "Oldest waits 3 min: `mail` is at its concurrency of 10." */
    readonly sentence: string;
    /** The job that should have started before all others; null when none is due. */
    readonly oldest: {
      readonly queue: string;
      readonly since: string;
      readonly ageMs: number;
      readonly limit: BindingLimit | null;
    } | null;
    readonly inFlight: number;
    readonly concurrency: number;
    readonly waiting: BoundedCount;
    /** Jobs that wait for a later time: delayed ones, and those between two attempts. */
    readonly delayed: BoundedCount;
  };
  readonly totals: StatsSummary;
  /** At most 100, those with the most jobs first. */
  readonly queues: readonly QueueStats[];
  /** The most frequent first. */
  readonly failures: readonly FailureView[];
  readonly series: StatsSeries;
}

/** What a gate has counted within a window. */
export interface GateStats {
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly until: number;
  readonly totals: StatsSummary;
  readonly queues: readonly ({ readonly name: string } & StatsSummary)[];
  readonly failures: readonly FailureView[];
  readonly series: StatsSeries;
  /** Null when the gate has not started: nothing of its tenant is going on. */
  readonly live: GateLive | null;
}

/** What a gate knows of its tenant's jobs at this moment. */
export interface GateLive {
  readonly concurrency: number;
  /** Unfinished jobs that hold no slot. */
  readonly backlog: number;
  /** Jobs in the Queue or running, by queue. */
  readonly inFlight: readonly { readonly queue: string; readonly jobs: number }[];
  /** Queues that have spent their rates. */
  readonly outOfTokens: readonly string[];
}
