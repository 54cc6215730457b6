import { type Duration, durationMs } from "../domain/duration.ts";

const DAY_MS = 86_400_000;

/** Whether windows of so many milliseconds begin anew with each day (UTC): 1 s at least, and no part is left over. */
export function dividesDay(ms: number): boolean {
  return ms >= 1_000 && ms % 1_000 === 0 && DAY_MS % ms === 0;
}

/**
 * The width of a window in milliseconds.
 * @throws RangeError when a day (UTC) does not divide into such windows
 */
export function windowMs(window: Duration): number {
  const ms = durationMs(window);
  if (dividesDay(ms)) return ms;
  throw new RangeError(
    `a day cannot be divided into windows of ${JSON.stringify(window)}: take "1m", "15m", "1h", "1d"`,
  );
}

/** When the window begins in which a time is; both in milliseconds since the epoch. */
export function windowStart(at: number, width: number): number {
  return at - (at % width);
}
