import type { AlertMeasure, AlertState, Measured } from "../domain/alert.ts";
import type { AlertEvent, AlertRuleView } from "./alert-view.ts";

/** An alert as it is kept; times are milliseconds. */
interface StoredAlert {
  readonly name: string;
  readonly measure: AlertMeasure;
  readonly queue: string | null;
  readonly threshold: number;
  readonly windowMs: number | null;
  readonly minEvents: number | null;
  /** Since when it is in its present state. */
  readonly since: number;
}

/** What an alert looks at, as it is shown. */
export function alertRuleView({ name, measure, queue, threshold, windowMs, minEvents }: StoredAlert): AlertRuleView {
  return { name, measure, queue, threshold, window: windowMs === null ? null : windowMs / 1_000, minEvents };
}

/**
 * What the receiver of an alert is told when it changes its state.
 * @param alert as it is until now
 * @param now milliseconds since the epoch
 */
export function alertEvent(
  alert: StoredAlert,
  state: AlertState,
  { value, events }: Measured,
  now: number,
): AlertEvent {
  const firing = state === "firing";
  const since = new Date(firing ? now : alert.since).toISOString();
  return {
    type: firing ? "alert.firing" : "alert.resolved",
    timestamp: new Date(now).toISOString(),
    data: { ...alertRuleView(alert), value, events, since },
  };
}
