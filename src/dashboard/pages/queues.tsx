import { useState } from "preact/hooks";
import type { QueueView } from "../../protocol/queue-view.ts";
import { api } from "../data/api.ts";
import { readOverview } from "../data/overview.ts";
import { ANYTHING, usePolled } from "../data/polled.ts";
import { limitName } from "../model/binding-limit.ts";
import { briefRate } from "../model/brief.ts";
import { countOf } from "../model/counted.ts";
import type { Overview, QueueLine } from "../model/overview.ts";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { LimitsDialog } from "../parts/limits-dialog.tsx";
import { Empty, Loaded } from "../parts/outcome.tsx";
import { CountCell } from "../parts/queue-table.tsx";
import { tried } from "../parts/toasts.tsx";
import { addressOf } from "../router.ts";

/** Queues: what waits in them, their limits, and pause. */
export function Queues() {
  const overview = usePolled("overview", readOverview, { follows: ANYTHING });
  const [editing, setEditing] = useState<string | null>(null);
  return (
    <>
      <div class="row spread">
        <h1>Queues</h1>
        <button type="button" class="button button-primary" onClick={() => setEditing("")}>
          Limit a queue
        </button>
      </div>
      <Loaded of={overview}>
        {(data) => (
          <>
            <Table data={data} refresh={overview.refresh} edit={setEditing} />
            {editing !== null && (
              <LimitsDialog
                name={editing}
                settings={ownSettings(data, editing)}
                refresh={overview.refresh}
                onClose={() => setEditing(null)}
              />
            )}
          </>
        )}
      </Loaded>
    </>
  );
}

interface Actions {
  readonly refresh: () => Promise<void>;
  readonly edit: (queue: string) => void;
}

function Table({ data, ...actions }: { data: Overview } & Actions) {
  if (data.queues.length === 0) {
    return (
      <div class="card">
        <Empty title="No queue has jobs or limits">A queue is there as soon as a job names it.</Empty>
      </div>
    );
  }
  return (
    <div class="card">
      <table class="table">
        <thead>
          <tr>
            <th>Queue</th>
            <th class="num">Waiting</th>
            <th class="num">Running</th>
            <th>Limits</th>
            <th>Binds now</th>
            <th>
              <span class="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {data.queues.map((line) => (
            <Row key={line.name} line={line} {...actions} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ line, refresh, edit }: { line: QueueLine } & Actions) {
  const { name, waiting, running, settings, limit } = line;
  const isPaused = settings?.paused === true;
  const pause = async () => {
    await tried(`${name} is paused.`, () => api().queues.pause(name));
    await refresh();
  };
  const resume = async () => {
    await tried(`${name} goes on.`, () => api().queues.resume(settings?.name ?? name));
    await refresh();
  };
  return (
    <tr>
      <td>
        <a href={addressOf("/jobs", { queue: name })} data-row>
          {name}
        </a>
        {isPaused && " "}
        {isPaused && <span class="note">paused</span>}
      </td>
      <CountCell label="Waiting" counted={waiting} state="queued" queue={name} />
      <CountCell label="Running" counted={running} state="running" queue={name} />
      <td class="muted" data-label="Limits">
        {limitsText(settings)}
        {settings !== null && settings.name !== name && <span class="small"> by {settings.name}</span>}
      </td>
      <td data-label="Binds now">{limit === null ? <span class="muted">none</span> : limitName(limit)}</td>
      <td class="actions">
        <div>
          <button type="button" class="button button-small" onClick={() => edit(name)} aria-label={`Limits of ${name}`}>
            Limits
          </button>
          {isPaused ? (
            <button
              type="button"
              class="button button-small"
              onClick={() => void resume()}
              aria-label={`Resume ${name}`}
            >
              Resume
            </button>
          ) : (
            <ConfirmButton
              name="Pause"
              label={`Pause ${name}`}
              small
              danger={false}
              title={`Pause ${name}?`}
              verb={`Pause ${name}, with ${countOf(waiting, "waiting job")}`}
              onConfirm={pause}
            >
              Nothing of it is started any more. What runs goes on to its end, and nothing is lost.
            </ConfirmButton>
          )}
        </div>
      </td>
    </tr>
  );
}

function limitsText(settings: QueueView | null): string {
  if (settings === null) return "none";
  const { concurrency, rate } = settings;
  const parts = [concurrency === null ? null : `${concurrency} at a time`, rate === null ? null : briefRate(rate)];
  return parts.filter((part) => part !== null).join(", ") || "none";
}

function ownSettings({ queues }: Overview, name: string): QueueView | null {
  return queues.find((line) => line.name === name)?.settings ?? null;
}
