export const FAILURE_POLICIES = ["continue", "stop"] as const;

/**
 * What the first member of a group that fails, or is cancelled, does: nothing, or it stops the group, whose members that
 * do not run are then cancelled.
 */
export type FailurePolicy = (typeof FAILURE_POLICIES)[number];

export const GROUP_STATES = ["open", "stopped", "complete"] as const;

/** `stopped`: its members that do not run are being cancelled; it is complete when all have ended. */
export type GroupState = (typeof GROUP_STATES)[number];
