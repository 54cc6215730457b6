const UNIT_MS = { ms: 1, s: 1000, m: 60000, h: 3600000, d: 86400000 };
const PATTERN = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
/**
 * A duration in whole milliseconds.
 * @throws RangeError when it is negative, too long to count in milliseconds, or not written as above.
 */
export function durationMs(duration) {
  const ms = Math.round(typeof duration === "number" ? duration * 1000 : parsedMs(duration));
  if (Number.isSafeInteger(ms) && ms >= 0) return ms;
  throw new RangeError(`${JSON.stringify(duration)} is not a duration: write seconds, or "90s", "5m", "2h"`);
}
function parsedMs(duration) {
  const match = PATTERN.exec(duration);
  return match ? Number(match[1]) * UNIT_MS[match[2]] : Number.NaN;
}
