/**
 * What an alert looks at: for how long the job that should have started before all others has waited, how many of the
 * jobs that ended have failed, how many of the jobs that were sent were answered with a 503.
 */
export const ALERT_MEASURES = ["oldest_due_age", "failure_ratio", "unavailable_ratio"] as const;
export type AlertMeasure = (typeof ALERT_MEASURES)[number];

export const ALERT_STATES = ["ok", "firing"] as const;
export type AlertState = (typeof ALERT_STATES)[number];

/** An alert that fires has recovered below this share of its threshold: between the two nothing changes. */
export const RECOVERED_SHARE = 0.8;

/** What there was to see: seconds of an age, else a share of `events`, null when there were none. */
export interface Measured {
  readonly value: number | null;
  /** Jobs that the share is of; null for an age. */
  readonly events: number | null;
}

/** What an alert goes by, and what it is at present. */
export interface Judged {
  readonly state: AlertState;
  readonly threshold: number;
  /** So many events make a share worth telling; null for an age. */
  readonly minEvents: number | null;
}

/**
 * What an alert is by now. It begins to fire at its threshold, when there were events enough; it recovers below a part
 * of it, or when nothing has happened any more, however few events tell so.
 */
export function judge({ state, threshold, minEvents }: Judged, { value, events }: Measured): AlertState {
  if (value === null) return "ok";
  if (state === "firing") return value < threshold * RECOVERED_SHARE ? "ok" : "firing";
  const isEnough = minEvents === null || (events ?? 0) >= minEvents;
  return isEnough && value >= threshold ? "firing" : "ok";
}
