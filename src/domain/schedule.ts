import { lastTick, nextTick } from "./cron.ts";

/** `skip`: no new job while the last one has not finished. */
export const OVERLAPS = ["allow", "skip"] as const;
export type Overlap = (typeof OVERLAPS)[number];

/** What becomes of ticks that nobody could run in time: none of them runs, or one job for the latest. */
export const MISSED_POLICIES = ["skip", "runOnce"] as const;
export type MissedPolicy = (typeof MISSED_POLICIES)[number];

/** A tick runs however late within this time; after it, it is missed. */
export const MISSED_AFTER_MS = 60_000;

/** A schedule whose next tick has come. Times are milliseconds since the epoch. */
export interface DueTick {
  readonly cron: string;
  readonly timezone: string;
  readonly missed: MissedPolicy;
  readonly nextAt: number;
}

/** What is done about it. */
export interface TickPlan {
  /** The tick that gets a job, or null when it was missed. */
  readonly tick: number | null;
  /** The tick that is next; null when none ever comes. */
  readonly nextAt: number | null;
  /** Ticks were missed: from then, to the last one before this. */
  readonly missed: { readonly from: number; readonly before: number } | null;
}

/**
 * Decides on the tick of a schedule that is due. One tick at a time: those that have come since are due right after it.
 * @throws Error when its cron or timezone is not understood (any more)
 */
export function planTick({ cron, timezone, missed, nextAt }: DueTick, now: number): TickPlan {
  const inTime = now - MISSED_AFTER_MS;
  if (nextAt >= inTime) return { tick: nextAt, nextAt: nextTick(cron, timezone, nextAt), missed: null };
  return {
    tick: missed === "runOnce" ? Math.max(nextAt, lastTick(cron, timezone, inTime) ?? nextAt) : null,
    nextAt: nextTick(cron, timezone, inTime - 1),
    missed: { from: nextAt, before: inTime },
  };
}
