import { useState } from "preact/hooks";
import type { NewPlanView } from "../../protocol/plan-view.ts";
import { api } from "../data/api.ts";
import { rememberPlan } from "../data/plans.ts";
import { addressOf, goTo } from "../router.ts";
import { tried } from "./toasts.tsx";

const CANCELLABLE = ["scheduled", "queued", "retrying", "running"] as const;
const REPLAYABLE = ["failed", "cancelled"] as const;

interface Filter {
  readonly state: string | undefined;
  readonly type: string | undefined;
  readonly queue: string | undefined;
  readonly group: string | undefined;
}

/** What can be done to all jobs of a filter: first planned, and confirmed on the plan's own page. */
export function BulkActions({ state, type, queue, group }: Filter) {
  const [busy, setBusy] = useState(false);
  // A plan knows no groups: it would be of more jobs than are shown.
  const narrows = (type !== undefined || queue !== undefined) && group === undefined;
  const cancelled = CANCELLABLE.find((one) => one === state);
  const replayed = REPLAYABLE.find((one) => one === state);
  const plan = async (kind: "replays" | "cancellations", make: () => Promise<NewPlanView>) => {
    setBusy(true);
    await tried("Planned. Nothing happens before you confirm it.", async () => {
      const view = await make();
      rememberPlan(view);
      goTo(addressOf(`/${kind}/${view.id}`));
    });
    setBusy(false);
  };
  if (!narrows) return null;
  return (
    <div class="row">
      {replayed !== undefined && (
        <button
          type="button"
          class="button"
          disabled={busy}
          onClick={() => void plan("replays", () => api().replays.plan({ state: replayed, type, queue }))}
        >
          Replay matching…
        </button>
      )}
      {(cancelled !== undefined || state === undefined) && (
        <button
          type="button"
          class="button button-danger"
          disabled={busy}
          onClick={() => void plan("cancellations", () => api().cancellations.plan({ state: cancelled, type, queue }))}
        >
          Cancel unfinished…
        </button>
      )}
    </div>
  );
}
