import { lastTick, nextTick } from "./cron.ts";
/** `skip`: no new job while the last one has not finished. */
export const OVERLAPS = ["allow", "skip"];
/** What becomes of ticks that nobody could run in time: none of them runs, or one job for the latest. */
export const MISSED_POLICIES = ["skip", "runOnce"];
/** A tick runs however late within this time; after it, it is missed. */
export const MISSED_AFTER_MS = 60000;
/**
 * Decides on the tick of a schedule that is due. One tick at a time: those that have come since are due right after it.
 * @throws Error when its cron or timezone is not understood (any more)
 */
export function planTick({ cron, timezone, missed, nextAt }, now) {
  const inTime = now - MISSED_AFTER_MS;
  if (nextAt >= inTime) return { tick: nextAt, nextAt: nextTick(cron, timezone, nextAt), missed: null };
  return {
    tick: missed === "runOnce" ? Math.max(nextAt, lastTick(cron, timezone, inTime) ?? nextAt) : null,
    nextAt: nextTick(cron, timezone, inTime - 1),
    missed: { from: nextAt, before: inTime },
  };
}
