import type { AttemptError } from "./outcome.ts";

/** A job whose `due_at` has passed, as the alarm reads it. */
export interface OverdueJob {
  readonly id: string;
  readonly state: "scheduled" | "retrying" | "queued" | "running";
  readonly queue: string;
  readonly released: number;
  readonly attempt: number;
  readonly crashes: number;
  readonly deliveries: number;
  readonly solo: number;
  readonly dueAt: number;
  readonly leaseUntil: number | null;
  readonly payloadBytes: number;
}

/** What becomes of it. */
export interface Next {
  readonly state: "queued" | "running" | "failed";
  readonly released: boolean;
  readonly dueAt: number | null;
  /** Waits for room from now on. */
  readonly waits: boolean;
  readonly crashes: number;
  readonly deliveries: number;
  readonly error: (AttemptError & { readonly attempt: number; readonly at: number }) | null;
}

export interface Move {
  readonly job: OverdueJob;
  readonly to: Next;
}

export interface OverduePolicy {
  readonly now: number;
  readonly pickupWindowMs: number;
  readonly crashLimit: number;
}

const LONGEST_PICKUP_MS = 3_600_000;

/**
 * What the alarm does with a job whose time has come:
 * - running, its lease still good: looked at again when the lease ends;
 * - running, its lease over: its Worker died, so it runs again, alone, or is `failed` at the crash limit;
 * - released, but nobody claimed it: sent again, with twice the time to claim it;
 * - scheduled or retrying: released when there is room for it, else it waits for room.
 * @param hasRoom for a job that holds no slot yet
 */
export function moveOn(job: OverdueJob, hasRoom: boolean, policy: OverduePolicy): Next {
  const { now, pickupWindowMs } = policy;
  const { crashes, deliveries } = job;
  const kept = { crashes, deliveries, waits: false, error: null };
  if (job.state === "running") {
    if (job.leaseUntil !== null && job.leaseUntil > now) {
      return { ...kept, state: "running", released: true, dueAt: job.leaseUntil };
    }
    return crashed(job, policy);
  }
  if (job.released === 1) {
    const window = Math.min(pickupWindowMs * 2 ** deliveries, LONGEST_PICKUP_MS);
    return { ...kept, state: "queued", released: true, dueAt: now + window, deliveries: deliveries + 1 };
  }
  return hasRoom
    ? { ...kept, state: "queued", released: true, dueAt: now + pickupWindowMs, deliveries: 1 }
    : { ...kept, state: "queued", released: false, dueAt: null, waits: true };
}

function crashed(job: OverdueJob, { now, pickupWindowMs, crashLimit }: OverduePolicy): Next {
  const crashes = job.crashes + 1;
  const message = `its Worker died or lost its lease during attempt ${job.attempt}`;
  const error = { kind: "crash", name: "Crash", message, attempt: job.attempt, at: now } as const;
  return crashes >= crashLimit
    ? { state: "failed", released: false, dueAt: null, waits: false, crashes, deliveries: job.deliveries, error }
    : { state: "queued", released: true, dueAt: now + pickupWindowMs, waits: false, crashes, deliveries: 1, error };
}
