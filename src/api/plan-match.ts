import type { JobState } from "../domain/job.ts";
import type { PlanAction } from "../domain/plan.ts";
import type { PlanFilter } from "../protocol/plans.ts";
import { type JobMatch, placeBefore } from "../storage/match-jobs.ts";

const UNFINISHED: readonly JobState[] = ["scheduled", "queued", "retrying", "running"];

/**
 * The jobs that a plan is for: stored before it was made. A replay takes those that had finished by then, so that what
 * fails later is not replayed. A cancellation takes what matches when its turn comes; and since it has its turn again
 * after a crash, also what was cancelled since the plan was confirmed: that is done.
 * @param times milliseconds since the epoch
 */
export function matchOf(
  action: PlanAction,
  filter: PlanFilter,
  times: { readonly createdAt: number; readonly confirmedAt: number | null },
): JobMatch {
  const { state, type = null, queue = null, error = null, createdBefore } = filter;
  const before = createdBefore === undefined ? times.createdAt : Date.parse(createdBefore);
  return {
    states: state === undefined ? UNFINISHED : [state],
    type,
    queue,
    error,
    before: Math.min(before, times.createdAt),
    storedBy: times.createdAt,
    finishedBy: action === "replay" ? times.createdAt : null,
    cancelledSince: action === "cancel" ? times.confirmedAt : null,
  };
}

/** The place before the first job that a filter may match. */
export function firstPlace({ createdAfter }: PlanFilter): string {
  return placeBefore(createdAfter === undefined ? null : Date.parse(createdAfter));
}
