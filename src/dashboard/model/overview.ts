import type { JobList, JobView } from "../../protocol/job-view.ts";
import type { QueueView } from "../../protocol/queue-view.ts";
import { type BindingLimit, bindingLimit, settingsOf } from "./binding-limit.ts";
import type { Counted } from "./counted.ts";
import { type FailureGroup, groupFailures } from "./failure-groups.ts";
import type { Flow, OldestJob } from "./flow.ts";

/** The first screen. */
export interface Overview {
  readonly flow: Flow;
  readonly queues: readonly QueueLine[];
  readonly failures: readonly FailureGroup[];
  readonly failed: Counted;
  readonly series: Series;
  /** What the figures are counted from, when it is not everything; null: they are whole. */
  readonly basis: string | null;
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
  /** What 95 % of the starts did not wait for longer, in seconds; null: this deployment does not tell. */
  readonly waitP95: readonly (number | null)[] | null;
  readonly enqueued: readonly number[];
  readonly ended: readonly number[];
  /** Of those that ended. */
  readonly failed: readonly number[];
  /** By the limit that was hit; null: this deployment does not tell. */
  readonly refused: Readonly<Record<string, readonly number[]>> | null;
}

/** Bounded lists, from which an overview can be told as far as they go. */
export interface Lists {
  readonly unfinished: JobList;
  readonly failed: JobList;
  readonly queues: readonly QueueView[];
}

const BASIS = "Counted from the newest 100 unfinished and 100 failed jobs: this deployment has no statistics.";

/** The overview as far as the newest jobs tell. */
export function overviewOfLists({ unfinished, failed, queues }: Lists, now: number): Omit<Overview, "series"> {
  const atLeast = unfinished.nextCursor !== null;
  const inState = (...states: JobView["state"][]) => unfinished.data.filter(({ state }) => states.includes(state));
  const waiting = inState("queued");
  const running = inState("running");
  const lines = queueLines(waiting, running, queues, atLeast);
  return {
    flow: {
      waiting: { count: waiting.length, atLeast },
      running: { count: running.length, atLeast },
      later: { count: inState("scheduled", "retrying").length, atLeast },
      oldest: oldestOf(waiting, lines, atLeast, now),
    },
    queues: lines,
    failures: groupFailures(failed.data),
    failed: { count: failed.data.length, atLeast: failed.nextCursor !== null },
    basis: BASIS,
  };
}

/** The queues that have jobs or settings, those with the most waiting jobs first. */
function queueLines(
  waiting: readonly JobView[],
  running: readonly JobView[],
  settings: readonly QueueView[],
  atLeast: boolean,
): QueueLine[] {
  const named = settings.flatMap(({ name }) => (name.endsWith("*") ? [] : [name]));
  const names = new Set([...waiting, ...running].map(({ queue }) => queue).concat(named));
  const within = (jobs: readonly JobView[], name: string): Counted => ({
    count: jobs.filter(({ queue }) => queue === name).length,
    atLeast,
  });
  return [...names]
    .map((name) => {
      const mine = settingsOf(name, settings);
      const line = { name, waiting: within(waiting, name), running: within(running, name), settings: mine };
      const binds = line.waiting.count > 0 || mine?.paused === true;
      return { ...line, limit: binds ? bindingLimit(mine, line.running) : null };
    })
    .toSorted(
      (a, b) => b.waiting.count - a.waiting.count || b.running.count - a.running.count || (a.name < b.name ? -1 : 1),
    );
}

function oldestOf(
  waiting: readonly JobView[],
  lines: readonly QueueLine[],
  atLeast: boolean,
  now: number,
): OldestJob | null {
  const [oldest] = waiting.map((job) => ({ job, since: waitsSince(job) })).toSorted((a, b) => a.since - b.since);
  if (oldest === undefined) return null;
  const { id, queue } = oldest.job;
  const limit = lines.find(({ name }) => name === queue)?.limit ?? null;
  return { id, queue, ageMs: Math.max(0, now - oldest.since), atLeast, limit };
}

/** Since when a queued job could have run, as far as a list tells: since it was made, or its last attempt ended. */
function waitsSince({ createdAt, errors }: JobView): number {
  return Date.parse(errors.at(-1)?.at ?? createdAt);
}
