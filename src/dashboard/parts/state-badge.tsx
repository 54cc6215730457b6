import type { AlertState } from "../../domain/alert.ts";
import type { GroupState } from "../../domain/group.ts";
import type { JobState } from "../../domain/job.ts";

/** The state of a job, a group or an alert, in its colour. */
export function StateBadge({ state }: { state: JobState | GroupState | AlertState }) {
  return (
    <span class="state" data-state={state}>
      {state}
    </span>
  );
}
