import { limitName } from "../model/binding-limit.ts";
import { type Counted, countText, isSome } from "../model/counted.ts";
import type { QueueLine } from "../model/overview.ts";
import { addressOf } from "../router.ts";
import { Empty } from "./outcome.tsx";

/** Queues, with the limit that binds each. */
export function QueueTable({ queues }: { queues: readonly QueueLine[] }) {
  if (queues.length === 0) return <Empty title="No queue has jobs">A queue is there as soon as a job names it.</Empty>;
  return (
    <table class="table table-compact">
      <thead>
        <tr>
          <th>Queue</th>
          <th class="num">Waiting</th>
          <th class="num">Running</th>
          <th>Limit that binds</th>
        </tr>
      </thead>
      <tbody>
        {queues.map(({ name, waiting, running, limit }) => (
          <tr key={name}>
            <td>
              <a href={addressOf("/jobs", { queue: name })} data-row>
                {name}
              </a>
            </td>
            <CountCell label="Waiting" counted={waiting} state="queued" queue={name} />
            <CountCell label="Running" counted={running} state="running" queue={name} />
            <td class="wide" data-label="Limit">
              {limit === null ? (
                <span class="muted">{waiting.count > 0 ? "none of its own" : "none"}</span>
              ) : (
                <a href={addressOf("/queues")}>{limitName(limit)}</a>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A number, and the list that it counts. */
export function CountCell(props: { label: string; counted: Counted; state: string; queue: string }) {
  return (
    <td class="num" data-label={props.label}>
      <a
        class={isSome(props.counted) ? undefined : "muted"}
        href={addressOf("/jobs", { state: props.state, queue: props.queue })}
      >
        {countText(props.counted)}
      </a>
    </td>
  );
}
