const UNITS = [
  { name: "d", ms: 86400000 },
  { name: "h", ms: 3600000 },
  { name: "min", ms: 60000 },
];
/** Milliseconds for people: "15 ms", "3.1 s", "42 s", "5 min", "2 h", "9 d". */
export function durationText(ms) {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 10000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  if (ms < 60000) return `${Math.floor(ms / 1000)} s`;
  const unit = UNITS.find((unit) => ms >= unit.ms) ?? UNITS[2];
  return `${Math.floor(ms / unit.ms)} ${unit.name}`;
}
/** The time from one moment to another (ISO 8601), or null when one of them has not come. */
export function elapsedMs(from, to) {
  return from === null || to === null ? null : Date.parse(to) - Date.parse(from);
}
