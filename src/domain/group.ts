export const FAILURE_POLICIES = ["continue", "stop"] as const;

/**
 * What the first member of a group that fails, or is cancelled, does: nothing, or it stops the group, whose members that
 * do not run are then cancelled.
 */
export type FailurePolicy = (typeof FAILURE_POLICIES)[number];
