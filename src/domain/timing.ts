import { type Duration, durationMs } from "./duration.ts";

/** When a job may start, as a caller asks for it. */
export interface Timing {
  readonly delay?: Duration | undefined;
  /** ISO 8601. */
  readonly runAt?: string | undefined;
  readonly expireIn?: Duration | undefined;
}

/** The same in milliseconds since the epoch. */
export interface JobTimes {
  /** Null: at once. */
  readonly dueAt: number | null;
  /** Null: it may start however late. */
  readonly expiresAt: number | null;
}

/** When a job is due and when it expires that is enqueued now. A time in the past means at once. */
export function jobTimes({ delay, runAt, expireIn }: Timing, now: number): JobTimes {
  const dueAt = runAt === undefined ? now + durationMs(delay ?? 0) : Date.parse(runAt);
  return {
    dueAt: dueAt > now ? dueAt : null,
    expiresAt: expireIn === undefined ? null : now + durationMs(expireIn),
  };
}
