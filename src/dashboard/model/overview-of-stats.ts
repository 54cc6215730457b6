import type { QueueView } from "../../protocol/queue-view.ts";
import { type BindingLimit, settingsOf } from "./binding-limit.ts";
import type { Counted } from "./counted.ts";
import type { FailureGroup } from "./failure-groups.ts";
import type { Overview, QueueLine, Series } from "./overview.ts";
import type { LimitName, StatsView } from "./stats-view.ts";

/**
 * The overview as the deployment's statistics tell it.
 * @param failed all dead letters there are, which the statistics of an hour do not tell
 * @param oldest for each step of the series, how long the oldest job waited, in seconds
 */
export function overviewOfStats(
  stats: StatsView,
  queues: readonly QueueView[],
  failed: Counted,
  oldest: Series["oldest"],
): Overview {
  const { now } = stats;
  const limitOf = (name: LimitName | null, queue: string) =>
    limitNamed(name, settingsOf(queue, queues), now.concurrency);
  return {
    flow: {
      waiting: now.waiting,
      running: { count: now.inFlight, atLeast: false },
      later: now.delayed,
      oldest: now.oldest && {
        id: null,
        queue: now.oldest.queue,
        ageMs: now.oldest.ageMs,
        atLeast: false,
        limit: limitOf(now.oldest.limit, now.oldest.queue),
      },
    },
    queues: [
      ...stats.queues.map(({ name, waiting, inFlight, limit }) => ({
        name,
        waiting,
        running: { count: inFlight, atLeast: false },
        settings: settingsOf(name, queues),
        limit: limitOf(limit, name),
      })),
      ...idleQueues(stats, queues),
    ],
    failures: failuresOf(stats),
    failed,
    series: seriesOf(stats, oldest),
    basis: null,
  };
}

/** When the steps of the statistics begin, in seconds since the epoch. */
export function timesOf({ series: { start, stepSeconds, in: enqueued } }: StatsView): number[] {
  const first = Date.parse(start) / 1_000;
  return enqueued.map((_, step) => first + step * stepSeconds);
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

function limitNamed(
  name: LimitName | null,
  settings: QueueView | null,
  tenantConcurrency: number,
): BindingLimit | null {
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
      return { kind: "tenant_concurrency", max: tenantConcurrency };
  }
}

function failuresOf({ failures }: StatsView): FailureGroup[] {
  return failures
    .filter(({ failed }) => failed > 0)
    .map(({ type, error, failed }) => ({ type, error, count: failed, lastAt: null, filter: `${error}: ` }));
}

function seriesOf(stats: StatsView, oldest: Series["oldest"]): Series {
  const { stepSeconds, in: enqueued, out: ended, failed, refused, waitP95Ms } = stats.series;
  const waitP95 = waitP95Ms.map((ms) => (ms === null ? null : ms / 1_000));
  return { times: timesOf(stats), stepSeconds, oldest, waitP95, enqueued, ended, failed, refused };
}
