import { type BindingLimit, bindingLimit, flowSentence, type TenantFlow } from "../domain/flow.ts";
import { QueueRules } from "../domain/queue-settings.ts";
import type { GateLive, GateStats } from "../protocol/gate-stats.ts";
import type { StatsQuery } from "../protocol/stats.ts";
import type { QueueStats, StatsSummary, StatsView } from "../protocol/stats-view.ts";
import { listQueueSettings } from "../storage/queue-settings.ts";
import { countWaiting, type LaneHead, readConcurrency, readLaneHeads, readTimed } from "../storage/waiting-jobs.ts";
import type { Deployment } from "./deployment.ts";
import { callGate } from "./gate-client.ts";
import { inStorage } from "./in-storage.ts";

/** Queues that are told apart, and queues and priorities that are looked at for who waits longest. */
const MOST_QUEUES = 100;
const MOST_LANES = 300;
/** Rows that one answer reads to count who waits, of all queues together. */
const COUNTED_ROWS = 5_000;

const NOTHING: StatsSummary = {
  in: 0,
  out: 0,
  succeeded: 0,
  failed: 0,
  cancelled: 0,
  retried: 0,
  handedBack: 0,
  refused: { rate: 0, backlog: 0, overloaded: 0, storage: 0 },
  perSecond: { in: 0, out: 0, refused: 0 },
  successRatio: null,
  waitMs: null,
  runMs: null,
};

/** What is so at this moment, by what D1 and the gate know. */
interface Present {
  readonly heads: ReadonlyMap<string, LaneHead>;
  readonly waiting: ReadonlyMap<string, number>;
  /** So many of a queue were counted at most. */
  readonly counted: number;
  readonly inFlight: ReadonlyMap<string, number>;
  readonly delayed: number;
  readonly rules: QueueRules;
  readonly tenant: TenantFlow;
  readonly outOfTokens: ReadonlySet<string>;
}

/**
 * Statistics of a tenant, or of one of its queues: what its gate has counted, and what waits at this moment. Reads a
 * bounded number of rows, whatever waits.
 * @throws SluiceError `storage_unavailable`, `overloaded`
 */
export async function tenantStats(deployment: Deployment, tenantId: string, query: StatsQuery): Promise<StatsView> {
  const counted = await callGate(deployment.env, tenantId, (gate) => gate.stats(query));
  const present = await readPresent(deployment, tenantId, query.queue, counted.live);
  const queues = queueStats(counted, present, query.queue);
  return {
    window: query.window,
    since: isoTime(counted.since),
    until: isoTime(counted.until),
    now: nowOf(present, queues, counted.until, query.queue === undefined ? counted.live : null),
    totals: counted.totals,
    queues,
    failures: counted.failures,
    series: counted.series,
  };
}

async function readPresent(
  { env, config }: Deployment,
  tenantId: string,
  queue: string | undefined,
  live: GateLive | null,
): Promise<Present> {
  return inStorage(env, async (db) => {
    const [lanes, settings, timed, ownConcurrency] = await Promise.all([
      readLaneHeads(db, tenantId, MOST_LANES, queue),
      listQueueSettings(db, tenantId),
      readTimed(db, tenantId, COUNTED_ROWS),
      readConcurrency(db, tenantId),
    ]);
    const heads = longestWaiting(lanes);
    const names = [...heads.keys()].slice(0, MOST_QUEUES);
    const counted = Math.floor(COUNTED_ROWS / Math.max(1, names.length));
    const inFlight = live === null ? timed.inFlight : new Map(live.inFlight.map(({ queue, jobs }) => [queue, jobs]));
    return {
      heads,
      waiting: await countWaiting(db, tenantId, names, counted),
      counted,
      inFlight,
      delayed: timed.delayed,
      rules: new QueueRules(settings),
      tenant: {
        concurrency: live?.concurrency ?? ownConcurrency ?? config.limits.concurrency,
        inFlight: sum(inFlight.values()),
      },
      outOfTokens: new Set(live?.outOfTokens),
    };
  });
}

function longestWaiting(lanes: readonly LaneHead[]): Map<string, LaneHead> {
  const heads = new Map<string, LaneHead>();
  for (const head of lanes) {
    const known = heads.get(head.queue);
    if (known === undefined || head.readyAt < known.readyAt) heads.set(head.queue, head);
  }
  return heads;
}

function queueStats({ queues }: GateStats, present: Present, only: string | undefined): QueueStats[] {
  const counted = new Map(queues.map(({ name, ...summary }) => [name, summary]));
  const names = new Set([...present.heads.keys(), ...present.inFlight.keys(), ...counted.keys()]);
  return [...names]
    .filter((name) => only === undefined || only === name)
    .map((name) => ({ name, ...presentOf(name, present), ...(counted.get(name) ?? NOTHING) }))
    .toSorted((a, b) => weight(b) - weight(a))
    .slice(0, MOST_QUEUES);
}

// What is going on now comes before what has been.
function weight({ waiting, inFlight, in: came, out }: QueueStats): number {
  return (waiting.count + inFlight) * 1_000_000 + came + out;
}

function presentOf(name: string, present: Present) {
  const { heads, waiting, counted, inFlight } = present;
  const head = heads.get(name);
  const jobs = waiting.get(name) ?? (head === undefined ? 0 : 1);
  const isUncounted = head !== undefined && !waiting.has(name);
  return {
    waiting: { count: jobs, atLeast: jobs >= counted || isUncounted },
    inFlight: inFlight.get(name) ?? 0,
    oldestSince: head === undefined ? null : isoTime(head.readyAt),
    limit: head === undefined ? null : limitOf(name, present),
  };
}

function limitOf(name: string, { rules, inFlight, outOfTokens, tenant }: Present): BindingLimit | null {
  const { paused, concurrency } = rules.limitsOf(name);
  const queue = { name, paused, concurrency, inFlight: inFlight.get(name) ?? 0, outOfTokens: outOfTokens.has(name) };
  return bindingLimit(queue, tenant);
}

// What was counted up to a bound only, the gate may know better.
function nowOf(
  present: Present,
  queues: readonly QueueStats[],
  until: number,
  live: GateLive | null,
): StatsView["now"] {
  const { heads, tenant, rules, delayed } = present;
  let head: LaneHead | null = null;
  for (const one of heads.values()) if (head === null || one.readyAt < head.readyAt) head = one;
  const oldest =
    head === null
      ? null
      : { queue: head.queue, ageMs: Math.max(0, until - head.readyAt), limit: limitOf(head.queue, present) };
  const told = oldest && { ...oldest, concurrency: rules.limitsOf(oldest.queue).concurrency };
  const waiting = sum(queues.map((queue) => queue.waiting.count));
  const isAtLeast = queues.some((queue) => queue.waiting.atLeast) || heads.size > queues.length;
  return {
    sentence: flowSentence(told, tenant),
    oldest: head && oldest && { ...oldest, since: isoTime(head.readyAt) },
    inFlight: tenant.inFlight,
    concurrency: tenant.concurrency,
    waiting: {
      count: isAtLeast && live !== null ? Math.max(waiting, live.backlog - delayed) : waiting,
      atLeast: isAtLeast,
    },
    delayed: { count: delayed, atLeast: delayed >= COUNTED_ROWS },
  };
}

function sum(counts: Iterable<number>): number {
  return [...counts].reduce((total, count) => total + count, 0);
}

function isoTime(time: number): string {
  return new Date(time).toISOString();
}
