import { useState } from "preact/hooks";
import type { QueueView } from "../../protocol/queue-view.ts";
import { api } from "../data/api.ts";
import { Dialog } from "./dialog.tsx";
import { formText } from "./form-text.ts";
import { tried } from "./toasts.tsx";

const PERIODS = [
  { seconds: 1, name: "second" },
  { seconds: 60, name: "minute" },
  { seconds: 3_600, name: "hour" },
  { seconds: 86_400, name: "day" },
];

/** Changes what a queue is limited to. */
export function LimitsDialog(props: {
  /** Empty: it is asked for. */
  name: string;
  settings: QueueView | null;
  refresh: () => Promise<void>;
  onClose: () => void;
}) {
  const { name, settings, refresh, onClose } = props;
  const [busy, setBusy] = useState(false);
  const isOwn = settings !== null && settings.name === name;
  const finish = async (done: string, act: () => Promise<unknown>) => {
    setBusy(true);
    const isDone = await tried(done, act);
    await refresh();
    setBusy(false);
    if (isDone) onClose();
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const number = (field: string) => Number(formText(event, field)) || undefined;
    const queue = name || formText(event, "name");
    const [concurrency, limit, period] = [number("concurrency"), number("limit"), number("period")];
    void finish(`${queue} has these limits now.`, () =>
      api().queues.set(queue, {
        ...(concurrency !== undefined && { concurrency }),
        ...(limit !== undefined && { rate: { limit, period: period ?? 1 } }),
        paused: isOwn && settings.paused,
      }),
    );
  };
  return (
    <Dialog title={name === "" ? "Limit a queue" : `Limits of ${name}`} onClose={onClose}>
      <form class="stack" onSubmit={submit}>
        {name === "" && (
          <label class="field">
            <span>Queue, or a pattern as customer/*</span>
            <input name="name" required autocomplete="off" spellcheck={false} />
          </label>
        )}
        <label class="field">
          <span>Jobs at a time</span>
          <input
            name="concurrency"
            type="number"
            min={1}
            max={10_000}
            placeholder="not limited"
            defaultValue={String(settings?.concurrency ?? "")}
          />
        </label>
        <div class="fields">
          <label class="field">
            <span>Starts</span>
            <input
              name="limit"
              type="number"
              min={1}
              max={1_000_000}
              placeholder="not limited"
              defaultValue={String(settings?.rate?.limit ?? "")}
            />
          </label>
          <label class="field">
            <span>in each</span>
            <PeriodSelect seconds={settings?.rate?.period ?? 1} />
          </label>
        </div>
        <div class="dialog-foot">
          {isOwn && (
            <button
              type="button"
              class="button button-danger"
              disabled={busy}
              onClick={() => void finish(`${name} has no limits now.`, () => api().queues.delete(name))}
            >
              Remove all limits of {name}
            </button>
          )}
          <button type="button" class="button" onClick={onClose}>
            Close
          </button>
          <button type="submit" class="button button-primary" disabled={busy}>
            Save
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function PeriodSelect({ seconds }: { seconds: number }) {
  const known = PERIODS.some((period) => period.seconds === seconds);
  const periods = known ? PERIODS : [...PERIODS, { seconds, name: `${seconds} s` }];
  return (
    <select name="period">
      {periods.map((period) => (
        <option key={period.seconds} value={period.seconds} selected={period.seconds === seconds}>
          {period.name}
        </option>
      ))}
    </select>
  );
}
