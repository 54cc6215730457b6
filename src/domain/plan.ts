/** What a plan does to each of its jobs. */
export const PLAN_ACTIONS = ["replay", "cancel"] as const;
export type PlanAction = (typeof PLAN_ACTIONS)[number];

export const PLAN_STATES = ["planned", "running", "finished", "cancelled"] as const;

/** A plan that nobody has confirmed by then can no longer be: 24 hours. */
export const PLAN_LIFE_MS = 86_400_000;

/** Jobs that one plan takes. */
export const MOST_JOBS_PER_PLAN = 100_000;

/** How fast a plan is carried out, and how far it has come. */
export interface PlanProgress {
  readonly perSecond: number;
  /** Milliseconds since the epoch. */
  readonly confirmedAt: number;
  /** Jobs that it is through with. */
  readonly passed: number;
}

/**
 * How many jobs a runner may take on now. A plan is allowed a minute's worth when it is confirmed, and `perSecond` more
 * with each second since; what runners have missed is made up for by no more than a minute's worth at a time.
 */
export function planAllowance({ perSecond, confirmedAt, passed }: PlanProgress, now: number): number {
  const minute = perSecond * 60;
  const earned = Math.floor((perSecond * Math.max(0, now - confirmedAt)) / 1_000) + minute;
  return Math.max(0, Math.min(minute, earned - passed, MOST_JOBS_PER_PLAN - passed));
}
