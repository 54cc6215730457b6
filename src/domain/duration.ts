/** Seconds as a number, or a number with a unit: "250ms", "90s", "5m", "2h", "7d". */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h" | "d"}`;

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const PATTERN = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/**
 * A duration in whole milliseconds.
 * @throws RangeError when it is negative, not finite or not written as above.
 */
export function durationMs(duration: Duration): number {
  if (typeof duration === "number") {
    if (!Number.isFinite(duration) || duration < 0) throw new RangeError(`${duration} is not a duration in seconds`);
    return Math.round(duration * 1_000);
  }
  const match = PATTERN.exec(duration);
  if (!match) throw new RangeError(`"${duration}" is not a duration: write seconds, or "90s", "5m", "2h"`);
  return Math.round(Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS]);
}
