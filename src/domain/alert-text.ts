import type { AlertMeasure } from "./alert.ts";

const HOUR = 3_600;
const MINUTE = 60;

/** A threshold or a value of a measure for people: "1 h 30 min" of an age, "12.5 %" of a share. */
export function measuredText(measure: AlertMeasure, value: number): string {
  return measure === "oldest_due_age" ? ageText(value) : `${percentOf(value)} %`;
}

/** A share, 0 to 1, in percent, without what its arithmetic leaves behind: 0.07 is 7. */
export function percentOf(share: number): number {
  return Number((share * 100).toPrecision(4));
}

// To the second, so that a threshold reads as it was set.
function ageText(seconds: number): string {
  const whole = Math.round(seconds);
  const parts = [
    [Math.floor(whole / HOUR), "h"],
    [Math.floor((whole % HOUR) / MINUTE), "min"],
    [whole % MINUTE, "s"],
  ] as const;
  const text = parts.flatMap(([count, unit]) => (count === 0 ? [] : [`${count} ${unit}`])).join(" ");
  return text === "" ? "0 s" : text;
}
