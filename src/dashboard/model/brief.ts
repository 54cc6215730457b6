const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A duration as people say it, in at most two units: "850 ms", "3 s", "2 h 5 min". */
export function briefDuration(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < 10 * SECOND) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) return twoUnits(ms, HOUR, "h", MINUTE, "min");
  return twoUnits(ms, DAY, "d", HOUR, "h");
}

/** An age as people say it, to whole seconds: "now", "3 s", "4 min". */
export function briefAge(milliseconds: number): string {
  return milliseconds < SECOND
    ? "now"
    : briefDuration(Math.floor(milliseconds / SECOND) * SECOND).replace(".0 s", " s");
}

/** How often something happens: "10 per second", "100 per 5 min". */
export function briefRate({ limit, period }: { readonly limit: number; readonly period: number }): string {
  const units: Readonly<Record<number, string>> = { 1: "second", 60: "minute", 3_600: "hour", 86_400: "day" };
  return `${limit.toLocaleString("en")} per ${units[period] ?? briefDuration(period * SECOND).replace(".0 s", " s")}`;
}

function twoUnits(ms: number, unit: number, name: string, part: number, partName: string): string {
  const parts = Math.floor((ms % unit) / part);
  const whole = `${Math.floor(ms / unit)} ${name}`;
  return parts === 0 ? whole : `${whole} ${parts} ${partName}`;
}
