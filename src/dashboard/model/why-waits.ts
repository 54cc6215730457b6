import type { JobView } from "../../protocol/job-view.ts";
import type { QueueView } from "../../protocol/queue-view.ts";
import { bindingLimit, limitText } from "./binding-limit.ts";
import { briefAge } from "./brief.ts";
import { type Counted, countOf } from "./counted.ts";

/** What is known of a waiting job's queue. */
export interface QueueOfJob {
  readonly settings: QueueView | null;
  readonly running: Counted;
  /** Jobs of the queue that start before this one. */
  readonly ahead: Counted;
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
export function aheadOf(job: JobView, waiting: readonly JobView[], complete: boolean): Counted {
  const before = waiting.filter(
    (other) =>
      other.id !== job.id && (other.priority > job.priority || (other.priority === job.priority && other.id < job.id)),
  );
  return { count: before.length, atLeast: !complete };
}

function waitsForRoom(job: JobView, { settings, running, ahead }: QueueOfJob): string {
  const limit = bindingLimit(settings, running);
  const place =
    ahead.count === 0 && !ahead.atLeast ? "It is next." : `${countOf(ahead, "job is", "jobs are")} ahead of it.`;
  if (limit === null) return `It waits for a free slot of the tenant: ${job.queue} is at no limit of its own. ${place}`;
  return `${job.queue} ${limitText(limit)}. ${place}`;
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
