export const JOB_STATES = ["scheduled", "queued", "running", "retrying", "succeeded", "failed", "cancelled"] as const;
export type JobState = (typeof JOB_STATES)[number];

export const TERMINAL_STATES = ["succeeded", "failed", "cancelled"] as const;
export type TerminalState = (typeof TERMINAL_STATES)[number];

/** Why a job was cancelled: somebody has asked for it, nobody has started it in time, or its group was stopped. */
export const CANCEL_REASONS = ["requested", "expired", "group_stopped"] as const;
export type CancelReason = (typeof CANCEL_REASONS)[number];

/**
 * The one transition table. Every SQL statement that moves a job guards its from-state accordingly, and
 * `test/storage/transitions.test.ts` holds the statements against this table.
 *
 * `running → scheduled` is a hand-back: the job was claimed but not started, and nothing is counted against it.
 * `running → queued`: the lease ran out. `running → cancelled` happens when its consumer, or the end of its
 * lease, finds that somebody has asked for it.
 */
export const TRANSITIONS: Readonly<Record<JobState, readonly JobState[]>> = {
  scheduled: ["queued", "cancelled"],
  queued: ["running", "cancelled"],
  running: ["succeeded", "failed", "retrying", "scheduled", "queued", "cancelled"],
  retrying: ["queued", "cancelled"],
  succeeded: [],
  failed: [],
  cancelled: [],
};

/** Whether a job in this state will never change again. */
export function isTerminal(state: JobState): state is TerminalState {
  return TRANSITIONS[state].length === 0;
}
