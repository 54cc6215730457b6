/** Seconds as a number, or a number with a unit: "250ms", "90s", "5m", "2h", "7d". */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h" | "d"}`;

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const PATTERN = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/**
 * A duration in whole milliseconds.
 * @throws RangeError when it is negative, too long to count in milliseconds, or not written as above.
 */
export function durationMs(duration: Duration): number {
  const ms = Math.round(typeof duration === "number" ? duration * 1_000 : parsedMs(duration));
  if (Number.isSafeInteger(ms) && ms >= 0) return ms;
  throw new RangeError(`${JSON.stringify(duration)} is not a duration: write seconds, or "90s", "5m", "2h"`);
}

function parsedMs(duration: string): number {
  const match = PATTERN.exec(duration);
  return match ? Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS] : Number.NaN;
}
