import type { GroupView } from "../../protocol/group-view.ts";
import { addressOf } from "../router.ts";
import { ProgressBar } from "./progress-bar.tsx";

/** How many of a group's jobs have ended, and how; what did not go well leads to those jobs. */
export function GroupProgress({ group }: { group: GroupView }) {
  const { id, name, state, total, open, failed, cancelled } = group;
  const parts = [
    { state: "failed", count: failed },
    { state: "cancelled", count: cancelled },
  ] as const;
  return (
    <ProgressBar
      label={`Progress of ${name ?? id}`}
      done={total - open}
      of={total}
      parts={parts}
      isOver={state === "complete"}
    >
      {(total - open).toLocaleString("en")} of {total.toLocaleString("en")}
      {parts.map(
        ({ state, count }) =>
          count > 0 && (
            <span key={state}>
              ,{" "}
              <a href={addressOf("/jobs", { group: id, state })}>
                {count.toLocaleString("en")} {state}
              </a>
            </span>
          ),
      )}
    </ProgressBar>
  );
}
