import { useState } from "preact/hooks";
import { measuredText } from "../../domain/alert-text.ts";
import type { AlertList, AlertView } from "../../protocol/alert-view.ts";
import { api, read } from "../data/api.ts";
import { usePolled } from "../data/polled.ts";
import { basis, cameTo, firingFirst, MEASURES } from "../model/alert-words.ts";
import { Ago } from "../parts/age.tsx";
import { AlertDialog } from "../parts/alert-dialog.tsx";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { Empty, Loaded } from "../parts/outcome.tsx";
import { StateBadge } from "../parts/state-badge.tsx";
import { tried } from "../parts/toasts.tsx";
import { addressOf } from "../router.ts";

const EVERY_MS = 5_000;

/** Who is told of what, and which alerts fire. */
export function Alerts() {
  const alerts = usePolled("alerts", () => read<AlertList>("/v1/alerts"), { everyMs: EVERY_MS });
  const [editing, setEditing] = useState<AlertView | "new" | null>(null);
  return (
    <>
      <div class="row spread">
        <h1>Alerts</h1>
        <button type="button" class="button button-primary" onClick={() => setEditing("new")}>
          New alert
        </button>
      </div>
      <Loaded of={alerts}>
        {({ data }) => (
          <div class="card">
            {data.length === 0 ? (
              <Empty title="No alerts">
                One tells a URL of yours when jobs wait too long, fail too often, or get 503s.
              </Empty>
            ) : (
              <Table alerts={firingFirst(data)} refresh={alerts.refresh} edit={setEditing} />
            )}
          </div>
        )}
      </Loaded>
      {editing !== null && (
        <AlertDialog
          alert={editing === "new" ? null : editing}
          refresh={alerts.refresh}
          onClose={() => setEditing(null)}
        />
      )}
    </>
  );
}

interface Actions {
  readonly refresh: () => Promise<void>;
  readonly edit: (alert: AlertView) => void;
}

function Table({ alerts, ...actions }: { alerts: readonly AlertView[] } & Actions) {
  return (
    <table class="table">
      <thead>
        <tr>
          <th>Alert</th>
          <th>Looks at</th>
          <th>State</th>
          <th>Came to</th>
          <th>
            <span class="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {alerts.map((alert) => (
          <Row key={alert.name} alert={alert} {...actions} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ alert, refresh, edit }: { alert: AlertView } & Actions) {
  const { name, measure, threshold, queue, url, state, since, jobId } = alert;
  const of = basis(alert);
  const remove = async () => {
    await tried(`${name} is deleted.`, () => api().alerts.delete(name));
    await refresh();
  };
  return (
    <tr>
      <td class="lead">
        <strong>{name}</strong>
        <span class="clip muted small" title={url}>
          tells {url}
        </span>
      </td>
      <td class="nowrap" data-label="Looks at">
        <div>
          {MEASURES[measure]}
          <div class="muted small">
            {of !== null && `${of}, `}
            {queue === null ? "all queues" : <a href={addressOf("/jobs", { queue })}>{queue}</a>}
          </div>
        </div>
      </td>
      <td class="nowrap" data-label="State">
        <div>
          <StateBadge state={state} />
          <div class="muted small">
            since{" "}
            {jobId === null ? (
              <Ago at={since} />
            ) : (
              <a href={addressOf(`/jobs/${jobId}`)}>
                <Ago at={since} />
              </a>
            )}
          </div>
        </div>
      </td>
      <td class="nowrap" data-label="Came to">
        <div>
          {cameTo(alert) ?? <span class="muted">not changed yet</span>}
          <div class="muted small">fires from {measuredText(measure, threshold)}</div>
        </div>
      </td>
      <td class="actions">
        <div>
          <button
            type="button"
            class="button button-small"
            onClick={() => edit(alert)}
            aria-label={`Change ${name}`}
            data-row
          >
            Change
          </button>
          <ConfirmButton
            name="Delete"
            label={`Delete ${name}`}
            small
            title={`Delete ${name}?`}
            verb="Delete 1 alert"
            onConfirm={remove}
          >
            {state === "firing" ? "It fires: nobody is told when that is over." : "Nobody is told by it any more."}
          </ConfirmButton>
        </div>
      </td>
    </tr>
  );
}
