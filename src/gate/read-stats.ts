import type { DurationSketch } from "../domain/duration-sketch.ts";
import { MOST_TALLIES, Tallies } from "../domain/tallies.ts";
import { type Count, Tally } from "../domain/tally.ts";
import type { CountsQuery, RecentCounts } from "../protocol/gate.ts";
import type { GateStats } from "../protocol/gate-stats.ts";
import { STATS_WINDOWS, type StatsQuery } from "../protocol/stats.ts";
import type { Percentiles, StatsSeries, StatsSummary } from "../protocol/stats-view.ts";
import type { StatsStorage, StatsUnit, StoredTallies } from "./stats-storage.ts";

const HOUR = 3_600_000;
const MOST_FAILURES = 20;
const REFUSED = ["refusedByRate", "refusedByBacklog", "refusedByBuffer", "refusedByStorage"] as const;

type Counted = Omit<GateStats, "live">;

/**
 * What has happened within a window. One of an hour begins at a full minute; longer ones at a full hour, and their
 * queues are added up from hours, so that a day of a hundred queues is read at once.
 * @param now milliseconds since the epoch
 */
export function readStats(storage: StatsStorage, current: StoredTallies, query: StatsQuery, now: number): Counted {
  const { spanMs, stepMs } = STATS_WINDOWS[query.window];
  const isShort = spanMs === HOUR;
  const since =
    Math.floor((now - spanMs) / (isShort ? stepMs : HOUR)) * (isShort ? stepMs : HOUR) + (isShort ? stepMs : 0);
  const tallies = new Tallies();
  if (current.at >= since) tallies.merge(current.tallies.total.pack(), current.tallies.packQueues());
  storage.addUp(tallies, isShort ? "minutes" : "hours", since, current.at);
  const chosen = query.queue === undefined ? tallies.total : (tallies.byQueue.get(query.queue) ?? new Tally());
  const seconds = (now - since) / 1_000;
  const unit = query.window === "30d" ? "hours" : "minutes";
  const queues = [...tallies.byQueue]
    .filter(([queue]) => query.queue === undefined || query.queue === queue)
    .map(([name, tally]) => ({ name, ...summary(tally, seconds) }))
    .toSorted((a, b) => b.in + b.out - a.in - a.out)
    .slice(0, MOST_TALLIES + 1);
  return {
    since,
    until: now,
    totals: summary(chosen, seconds),
    queues,
    failures: chosen.failures.slice(0, MOST_FAILURES),
    series: series(points(storage, current, { unit, queue: query.queue }, since), since, now, stepMs),
  };
}

/** How many jobs have met what since a full minute, minutes that are not kept yet included. */
export function readCounts(storage: StatsStorage, current: StoredTallies, { queue, since }: CountsQuery): RecentCounts {
  const counts = { admitted: 0, refused: 0, succeeded: 0, failed: 0 };
  for (const { tally } of points(storage, current, { unit: "minutes", queue: queue ?? undefined }, since)) {
    counts.admitted += tally.get("admitted");
    counts.refused += refusedOf(tally);
    counts.succeeded += tally.get("succeeded");
    counts.failed += tally.get("failed");
  }
  return counts;
}

function* points(
  storage: StatsStorage,
  current: StoredTallies,
  { unit, queue }: { readonly unit: StatsUnit; readonly queue: string | undefined },
  since: number,
) {
  for (const point of storage.series(unit, since, queue)) if (point.at !== current.at) yield point;
  const { total, byQueue } = current.tallies;
  const tally = queue === undefined ? total : byQueue.get(queue);
  if (tally !== undefined && current.at >= since) yield { at: current.at, tally };
}

function series(
  points: Iterable<{ at: number; tally: Tally }>,
  since: number,
  now: number,
  stepMs: number,
): StatsSeries {
  const steps = Array.from({ length: Math.floor((now - since) / stepMs) + 1 }, () => new Tally());
  for (const { at, tally } of points) steps[Math.floor((at - since) / stepMs)]?.merge(tally.pack());
  const each = (count: Count) => steps.map((tally) => tally.get(count));
  const p95 = (sketch: (tally: Tally) => DurationSketch) => steps.map((tally) => rounded(sketch(tally).quantile(0.95)));
  return {
    start: new Date(since).toISOString(),
    stepSeconds: stepMs / 1_000,
    in: each("admitted"),
    out: steps.map(outOf),
    failed: each("failed"),
    retried: each("retried"),
    refused: {
      rate: each("refusedByRate"),
      backlog: each("refusedByBacklog"),
      overloaded: each("refusedByBuffer"),
      storage: each("refusedByStorage"),
    },
    waitP95Ms: p95(({ wait }) => wait),
    runP95Ms: p95(({ run }) => run),
  };
}

function summary(tally: Tally, seconds: number): StatsSummary {
  const [succeeded, failed] = [tally.get("succeeded"), tally.get("failed")];
  const refused = {
    rate: tally.get("refusedByRate"),
    backlog: tally.get("refusedByBacklog"),
    overloaded: tally.get("refusedByBuffer"),
    storage: tally.get("refusedByStorage"),
  };
  const perSecond = (count: number) => Number((count / Math.max(1, seconds)).toPrecision(4));
  const [came, out] = [tally.get("admitted"), outOf(tally)];
  return {
    in: came,
    out,
    succeeded,
    failed,
    cancelled: tally.get("cancelled"),
    retried: tally.get("retried"),
    handedBack: tally.get("handedBack"),
    refused,
    perSecond: { in: perSecond(came), out: perSecond(out), refused: perSecond(refusedOf(tally)) },
    successRatio: succeeded + failed === 0 ? null : succeeded / (succeeded + failed),
    waitMs: percentiles(tally.wait, tally.get("waitMs")),
    runMs: percentiles(tally.run, tally.get("runMs")),
  };
}

function refusedOf(tally: Tally): number {
  return REFUSED.reduce((sum, count) => sum + tally.get(count), 0);
}

function outOf(tally: Tally): number {
  return tally.get("succeeded") + tally.get("failed") + tally.get("cancelled");
}

function percentiles(sketch: DurationSketch, sum: number): Percentiles | null {
  if (sketch.count === 0) return null;
  const at = (q: number) => rounded(sketch.quantile(q)) ?? 0;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), mean: Number((sum / sketch.count).toPrecision(6)) };
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Number(ms.toPrecision(4));
}
