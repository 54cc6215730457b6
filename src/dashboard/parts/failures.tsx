import { useState } from "preact/hooks";
import { api } from "../data/api.ts";
import { rememberPlan } from "../data/plans.ts";
import { countText } from "../model/counted.ts";
import type { FailureGroup } from "../model/failure-groups.ts";
import { addressOf, goTo } from "../router.ts";
import { Ago } from "./age.tsx";
import { Empty } from "./outcome.tsx";
import { tried } from "./toasts.tsx";

/** Failures by type and error, each one click from a plan that replays them. */
export function Failures({ groups }: { groups: readonly FailureGroup[] }) {
  if (groups.length === 0)
    return <Empty title="No failed jobs">Jobs that have had all their attempts are listed here.</Empty>;
  return (
    <table class="table table-compact">
      <thead>
        <tr>
          <th>Type and error</th>
          <th class="num">Jobs</th>
          <th>Last</th>
          <th>
            <span class="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {groups.map((group) => (
          <tr key={`${group.type} ${group.error}`}>
            <td class="lead">
              <div>
                <a href={addressOf("/jobs", { state: "failed", type: group.type })} data-row>
                  {group.type}
                </a>
              </div>
              <div class="clip clip-two muted small" title={group.error}>
                {group.error}
              </div>
            </td>
            <td class="num" data-label="Jobs">
              <a href={addressOf("/jobs", { state: "failed", type: group.type })}>{countText(group.jobs)}</a>
            </td>
            <td class="muted nowrap" data-label="Last">
              {group.lastAt === null ? "last hour" : <Ago at={group.lastAt} />}
            </td>
            <td class="actions">
              <PlanButton group={group} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

// Only a plan: nothing happens to the jobs before it is confirmed on its own page.
function PlanButton({ group: { type, filter } }: { group: FailureGroup }) {
  const [busy, setBusy] = useState(false);
  const plan = async () => {
    setBusy(true);
    const made = await tried("Planned. Nothing is replayed before you confirm it.", async () => {
      const view = await api().replays.plan({ type, error: filter });
      rememberPlan(view);
      goTo(addressOf(`/replays/${view.id}`));
    });
    if (!made) setBusy(false);
  };
  return (
    <div>
      <button type="button" class="button button-small" disabled={busy} onClick={() => void plan()}>
        Plan a replay
      </button>
    </div>
  );
}
