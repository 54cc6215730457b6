import type { JobState } from "../../domain/job.ts";

/** A job's state, in its colour. */
export function StateBadge({ state }: { state: JobState }) {
  return (
    <span class="state" data-state={state}>
      {state}
    </span>
  );
}
