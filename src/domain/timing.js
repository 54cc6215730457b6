import { durationMs } from "./duration.ts";
/** When a job is due and when it expires that is enqueued now. A time in the past means at once. */
export function jobTimes({ delay, runAt, expireIn }, now) {
  const dueAt = runAt === undefined ? now + durationMs(delay ?? 0) : Date.parse(runAt);
  return {
    dueAt: dueAt > now ? dueAt : null,
    expiresAt: expireIn === undefined ? null : now + durationMs(expireIn),
  };
}
