const UNITS = [
  { name: "d", ms: 86_400_000 },
  { name: "h", ms: 3_600_000 },
  { name: "min", ms: 60_000 },
] as const;

/** Milliseconds for people: "15 ms", "3.1 s", "42 s", "5 min", "2 h", "9 d". */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 10_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  if (ms < 60_000) return `${Math.floor(ms / 1_000)} s`;
  const unit = UNITS.find((unit) => ms >= unit.ms) ?? UNITS[2];
  return `${Math.floor(ms / unit.ms)} ${unit.name}`;
}

/** The time from one moment to another (ISO 8601), or null when one of them has not come. */
export function elapsedMs(from: string | null, to: string | null): number | null {
  return from === null || to === null ? null : Date.parse(to) - Date.parse(from);
}
