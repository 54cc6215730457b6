import type { BindingLimit as LimitName } from "../../domain/flow.ts";
import type { JobList } from "../../protocol/job-view.ts";
import type { QueueView } from "../../protocol/queue-view.ts";
import type { StatsView } from "../../protocol/stats-view.ts";
import { type BindingLimit, settingsOf } from "./binding-limit.ts";
import { type Counted, countedIn } from "./counted.ts";
import { type FailureGroup, failuresOf } from "./failure-groups.ts";
import type { Flow } from "./flow.ts";

const LEAST_STEPS = 10;

/** The first screen. */
export interface Overview {
  readonly flow: Flow;
  readonly queues: readonly QueueLine[];
  readonly failures: readonly FailureGroup[];
  readonly failed: Counted;
  readonly series: Series;
}

/** A queue, with what keeps its jobs waiting. */
export interface QueueLine {
  readonly name: string;
  readonly waiting: Counted;
  readonly running: Counted;
  readonly settings: QueueView | null;
  readonly limit: BindingLimit | null;
}

/** What the plots show: a value for each step. */
export interface Series {
  /** When each step begins, in seconds since the epoch, as plots take them. */
  readonly times: readonly number[];
  readonly stepSeconds: number;
  /** How long the oldest job waited, in seconds; null where nobody looked. */
  readonly oldest: readonly (number | null)[];
  /** What 95 % of the starts did not wait for longer, in seconds; null where nothing started. */
  readonly waitP95: readonly (number | null)[];
  readonly enqueued: readonly number[];
  readonly ended: readonly number[];
  /** Of those that ended. */
  readonly failed: readonly number[];
  /** By the limit that was hit. */
  readonly refused: Readonly<Record<string, readonly number[]>>;
}

/**
 * What the first screen says.
 * @param failed the newest dead letters, which the statistics of an hour do not tell
 * @param oldest for each step of the series, how long the oldest job waited, in seconds
 */
export function overviewOf(
  stats: StatsView,
  queues: readonly QueueView[],
  failed: JobList,
  oldest: Series["oldest"],
): Overview {
  const { now } = stats;
  return {
    flow: {
      waiting: now.waiting,
      running: { count: now.inFlight, atLeast: false },
      later: now.delayed,
      oldest: now.oldest && {
        queue: now.oldest.queue,
        ageMs: now.oldest.ageMs,
        limit: limitOf(now.oldest.limit, now.oldest.queue, queues, stats),
      },
    },
    queues: [...stats.queues.filter(isBusy).map((queue) => lineOf(queue, queues, stats)), ...idleQueues(stats, queues)],
    failures: failuresOf(failed, stats.failures),
    failed: countedIn(failed),
    series: seriesOf(stats, oldest),
  };
}

/** When the steps of the statistics begin, in seconds since the epoch. */
export function timesOf({ series: { start, stepSeconds, in: enqueued } }: StatsView): number[] {
  const first = Date.parse(start) / 1_000;
  return enqueued.map((_, step) => first + step * stepSeconds);
}

/** A queue as the statistics tell of it. */
export function lineOf(
  { name, waiting, inFlight, limit }: StatsView["queues"][number],
  queues: readonly QueueView[],
  stats: StatsView,
): QueueLine {
  return {
    name,
    waiting,
    running: { count: inFlight, atLeast: false },
    settings: settingsOf(name, queues),
    limit: limitOf(limit, name, queues, stats),
  };
}

// One that stands for several has no list of its own.
function isBusy({ name }: StatsView["queues"][number]): boolean {
  return name !== "(other)";
}

// Queues that have settings and nothing else.
function idleQueues(stats: StatsView, queues: readonly QueueView[]): QueueLine[] {
  const none = { count: 0, atLeast: false };
  return queues
    .filter(({ name }) => !name.endsWith("*") && stats.queues.every((queue) => queue.name !== name))
    .map((settings) => ({
      name: settings.name,
      waiting: none,
      running: none,
      settings,
      limit: settings.paused ? { kind: "paused" } : null,
    }));
}

/** A limit of the statistics, with its figure. */
function limitOf(
  name: LimitName | null,
  queue: string,
  queues: readonly QueueView[],
  { now }: StatsView,
): BindingLimit | null {
  const settings = settingsOf(queue, queues);
  switch (name) {
    case null:
      return null;
    case "paused":
      return { kind: "paused" };
    case "concurrency":
      return { kind: "concurrency", max: settings?.concurrency ?? null };
    case "rate":
      return { kind: "rate", rate: settings?.rate ?? null };
    case "tenantConcurrency":
      return { kind: "tenant_concurrency", max: now.concurrency };
  }
}

function seriesOf(stats: StatsView, oldest: Series["oldest"]): Series {
  const { stepSeconds, in: enqueued, out: ended, failed, refused, waitP95Ms } = stats.series;
  const waitP95 = waitP95Ms.map((ms) => (ms === null ? null : ms / 1_000));
  const from = firstShown([enqueued, ended, ...Object.values(refused)]);
  return {
    times: timesOf(stats).slice(from),
    stepSeconds,
    oldest: oldest.slice(from),
    waitP95: waitP95.slice(from),
    enqueued: enqueued.slice(from),
    ended: ended.slice(from),
    failed: failed.slice(from),
    refused: Object.fromEntries(Object.entries(refused).map(([limit, counts]) => [limit, counts.slice(from)])),
  };
}

/** Of a tenant that has begun within the hour, what was before says nothing: at which step its plots begin. */
function firstShown(counts: readonly (readonly number[])[]): number {
  const steps = counts[0]?.length ?? 0;
  const first = Math.min(steps, ...counts.map((each) => each.findIndex((count) => count > 0)).filter((at) => at >= 0));
  return Math.max(0, Math.min(first - 1, steps - LEAST_STEPS));
}
