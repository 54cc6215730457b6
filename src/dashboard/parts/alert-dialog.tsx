import { useState } from "preact/hooks";
import { ALERT_MEASURES, type AlertMeasure } from "../../domain/alert.ts";
import { percentOf } from "../../domain/alert-text.ts";
import type { AlertView } from "../../protocol/alert-view.ts";
import type { AlertRequest } from "../../protocol/alerts.ts";
import { api } from "../data/api.ts";
import { durationOf, MEASURES } from "../model/alert-words.ts";
import { Dialog } from "./dialog.tsx";
import { formText } from "./form-text.ts";
import { tried } from "./toasts.tsx";

/** Makes an alert, or changes one. */
export function AlertDialog(props: {
  /** Null: a new one. */
  alert: AlertView | null;
  refresh: () => Promise<void>;
  onClose: () => void;
}) {
  const { alert, refresh, onClose } = props;
  const [measure, setMeasure] = useState<AlertMeasure>(alert?.measure ?? "oldest_due_age");
  const [busy, setBusy] = useState(false);
  // Of another measure, the threshold so far means nothing.
  const known = alert?.measure === measure ? alert : null;
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const name = alert?.name ?? formText(event, "name");
    const request = requestOf(event, measure);
    setBusy(true);
    const done = await tried(`${name} is looked at each minute.`, () => api().alerts.set(name, request));
    await refresh();
    setBusy(false);
    if (done) onClose();
  };
  return (
    <Dialog title={alert === null ? "New alert" : `Alert ${alert.name}`} onClose={onClose}>
      <form class="stack" onSubmit={(event) => void submit(event)}>
        {alert === null && (
          <label class="field">
            <span>Name</span>
            <input name="name" required pattern="[A-Za-z0-9._\-]{1,100}" autocomplete="off" spellcheck={false} />
          </label>
        )}
        <label class="field">
          <span>Looks at</span>
          <select
            name="measure"
            value={measure}
            onChange={(event) => setMeasure(event.currentTarget.value as AlertMeasure)}
          >
            {ALERT_MEASURES.map((one) => (
              <option key={one} value={one}>
                {MEASURES[one]}
              </option>
            ))}
          </select>
        </label>
        {measure === "oldest_due_age" ? <AgeFields alert={known} /> : <ShareFields key={measure} alert={known} />}
        <label class="field">
          <span>Queue</span>
          <input
            name="queue"
            placeholder="all together"
            defaultValue={alert?.queue ?? ""}
            autocomplete="off"
            spellcheck={false}
          />
        </label>
        <label class="field">
          <span>Who is told</span>
          <input
            name="url"
            type="url"
            required
            placeholder="https://"
            defaultValue={alert?.url ?? ""}
            autocomplete="off"
            spellcheck={false}
          />
        </label>
        <div class="dialog-foot">
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

function AgeFields({ alert }: { alert: AlertView | null }) {
  return (
    <label class="field">
      <span>Fires from an age of</span>
      <input
        name="threshold"
        required
        pattern="\d+(\.\d+)?(s|m|h|d)"
        title="As 90s, 5m, 2h or 1d"
        placeholder="5m"
        defaultValue={alert === null ? "" : durationOf(alert.threshold)}
        autocomplete="off"
      />
    </label>
  );
}

function ShareFields({ alert }: { alert: AlertView | null }) {
  const minutes = alert?.window == null ? 5 : alert.window / 60;
  return (
    <div class="fields">
      <label class="field">
        <span>Fires from (%)</span>
        <input
          name="threshold"
          type="number"
          required
          min={0.001}
          max={100}
          step="any"
          defaultValue={alert === null ? "" : String(percentOf(alert.threshold))}
        />
      </label>
      <label class="field">
        <span>Within (minutes)</span>
        <input name="window" type="number" required min={1} max={60} defaultValue={String(minutes)} />
      </label>
      <label class="field">
        <span>Of at least (jobs)</span>
        <input
          name="minEvents"
          type="number"
          required
          min={1}
          max={1_000_000}
          defaultValue={String(alert?.minEvents ?? 10)}
        />
      </label>
    </div>
  );
}

function requestOf(event: SubmitEvent, measure: AlertMeasure): AlertRequest {
  const text = (field: string) => formText(event, field);
  const common = { queue: text("queue") || undefined, url: text("url") };
  if (measure === "oldest_due_age") {
    return { ...common, measure, threshold: text("threshold") as `${number}m` };
  }
  const threshold = Number(text("threshold")) / 100;
  const window = Number(text("window")) * 60;
  return { ...common, measure, threshold, window, minEvents: Number(text("minEvents")) };
}
