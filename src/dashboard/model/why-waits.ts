import type { JobList, JobView } from "../../protocol/job-view.ts";
import type { QueueView } from "../../protocol/queue-view.ts";
import { type BindingLimit, limitText } from "./binding-limit.ts";
import { briefAge } from "./brief.ts";
import { type Counted, countOf } from "./counted.ts";

/** What is known of a waiting job's queue. */
export interface QueueOfJob {
  readonly settings: QueueView | null;
  /** Null: nothing keeps its next job from starting. */
  readonly limit: BindingLimit | null;
  readonly waiting: Counted;
  /** How many of them start before this one; null: there are too many to tell. */
  readonly ahead: number | null;
}

/**
 * Why a job has not run to its end yet, in one or two sentences; null when it has.
 * @param queue null: not known yet
 * @param now milliseconds since the epoch
 */
export function whyItWaits(job: JobView, queue: QueueOfJob | null, now: number): string | null {
  switch (job.state) {
    case "scheduled":
      return `It is due ${untilText(job.dueAt, now)}.`;
    case "retrying":
      return `${lastFailure(job)} It is tried again ${untilText(job.dueAt, now)}.`;
    case "running":
      return `It is running, since ${briefAge(Math.max(1_000, now - Date.parse(job.startedAt ?? job.createdAt)))}.`;
    case "queued":
      return queue === null ? "It waits for room." : waitsForRoom(job, queue);
    case "succeeded":
    case "failed":
    case "cancelled":
      return null;
  }
}

/** How many of a queue's waiting jobs start before this one: higher priority first, then the older. */
export function aheadOf(job: JobView, { data: waiting, nextCursor }: JobList): number | null {
  if (nextCursor !== null) return null;
  return waiting.filter(
    (other) =>
      other.id !== job.id && (other.priority > job.priority || (other.priority === job.priority && other.id < job.id)),
  ).length;
}

function waitsForRoom(job: JobView, { limit, waiting, ahead }: QueueOfJob): string {
  const why = limit === null ? `Nothing holds ${job.queue} back.` : `${job.queue} ${limitText(limit)}.`;
  return `${why} ${placeText(ahead, waiting)}`;
}

function placeText(ahead: number | null, waiting: Counted): string {
  if (ahead === null) return `${countOf(waiting, "job waits", "jobs wait")} there.`;
  return ahead === 0
    ? "It is next."
    : `${countOf({ count: ahead, atLeast: false }, "job is", "jobs are")} ahead of it.`;
}

function untilText(dueAt: string | null, now: number): string {
  if (dueAt === null) return "soon";
  const left = Date.parse(dueAt) - now;
  return left < 1_000 ? "now" : `in ${briefAge(left)}`;
}

function lastFailure({ errors, maxAttempts }: JobView): string {
  const last = errors.at(-1);
  if (last === undefined) return "Its last attempt failed.";
  return `Attempt ${last.attempt} of ${maxAttempts} ended with ${last.name}: ${last.message.replace(/[.\s]+$/, "")}.`;
}
