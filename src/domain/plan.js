/** What a plan does to each of its jobs. */
export const PLAN_ACTIONS = ["replay", "cancel"];
export const PLAN_STATES = ["planned", "running", "finished", "cancelled"];
/** A plan that nobody has confirmed by then can no longer be: 24 hours. */
export const PLAN_LIFE_MS = 86400000;
/** Jobs that one plan takes. */
export const MOST_JOBS_PER_PLAN = 100000;
/**
 * How many jobs a runner may take on now. A plan is allowed a minute's worth when it is confirmed, and `perSecond` more
 * with each second since; what runners have missed is made up for by no more than a minute's worth at a time.
 */
export function planAllowance({ perSecond, confirmedAt, passed }, now) {
  const minute = perSecond * 60;
  const earned = Math.floor((perSecond * Math.max(0, now - confirmedAt)) / 1000) + minute;
  return Math.max(0, Math.min(minute, earned - passed, MOST_JOBS_PER_PLAN - passed));
}
