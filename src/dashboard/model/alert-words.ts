import type { AlertMeasure } from "../../domain/alert.ts";
import { measuredText } from "../../domain/alert-text.ts";
import type { AlertView } from "../../protocol/alert-view.ts";

/** What an alert can look at, in words that a form asks with. */
export const MEASURES: Readonly<Record<AlertMeasure, string>> = {
  oldest_due_age: "Age of the oldest due job",
  failure_ratio: "Share of jobs that fail",
  unavailable_ratio: "Share of 503s",
};

/** Of how many jobs a share must be, within which time: "20 or more in 10 min"; null for an age. */
export function basis({ window, minEvents }: AlertView): string | null {
  if (window === null || minEvents === null) return null;
  return `${minEvents.toLocaleString("en")} or more in ${window / 60} min`;
}

/** What an alert came to when its state changed last: "25 %"; null where it has not changed. */
export function cameTo({ measure, value, jobId }: AlertView): string | null {
  if (value !== null) return measuredText(measure, value);
  return jobId === null ? null : "no jobs";
}

/** Alerts that fire before those that do not, otherwise as they came. */
export function firingFirst(alerts: readonly AlertView[]): readonly AlertView[] {
  return alerts.toSorted((a, b) => Number(b.state === "firing") - Number(a.state === "firing"));
}

/** Seconds as the API takes a duration, in the largest unit that divides them: "90m". */
export function durationOf(seconds: number): string {
  const units = [
    { seconds: 86_400, name: "d" },
    { seconds: 3_600, name: "h" },
    { seconds: 60, name: "m" },
  ];
  const unit = units.find((unit) => seconds % unit.seconds === 0);
  return unit === undefined ? `${seconds}s` : `${seconds / unit.seconds}${unit.name}`;
}
