import type { CallbackCondition } from "./callback.ts";
import type { AttemptError } from "./outcome.ts";

/** A job whose `due_at` or `expires_at` has passed, as the alarm reads it. */
export interface OverdueJob {
  readonly id: string;
  readonly state: "scheduled" | "retrying" | "queued" | "running";
  readonly queue: string;
  readonly released: number;
  readonly attempt: number;
  readonly crashes: number;
  readonly deliveries: number;
  readonly solo: number;
  readonly dueAt: number | null;
  readonly startedAt: number | null;
  readonly leaseUntil: number | null;
  readonly expiresAt: number | null;
  readonly cancelAt: number | null;
  readonly payloadBytes: number;
  /** When somebody is to be told of its end; null: never. */
  readonly callbackOn: CallbackCondition | null;
}

/** What becomes of it. */
export interface Next {
  readonly state: "queued" | "running" | "failed" | "cancelled";
  readonly released: boolean;
  readonly dueAt: number | null;
  /** Waits for room from now on. */
  readonly waits: boolean;
  readonly crashes: number;
  readonly deliveries: number;
  readonly error: (AttemptError & { attempt: number; startedAt: number | null; at: number }) | null;
  readonly cancelReason: "expired" | null;
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
 * - never started, and expired: `cancelled`;
 * - running, its lease still good: looked at again when the lease ends;
 * - running, its lease over: its Worker died, so it runs again, alone, or is `failed` at the crash limit, or `cancelled`
 *   if somebody has asked for that;
 * - released, but nobody claimed it: sent again, with twice the time to claim it;
 * - scheduled or retrying: released when there is room for it, else it waits for room.
 * @param hasRoom for a job that holds no slot yet
 */
export function moveOn(job: OverdueJob, hasRoom: boolean, policy: OverduePolicy): Next {
  const { now, pickupWindowMs } = policy;
  const { crashes, deliveries } = job;
  const kept = { crashes, deliveries, waits: false, error: null, cancelReason: null };
  if (job.attempt === 0 && job.expiresAt !== null && job.expiresAt <= now) {
    return { ...kept, state: "cancelled", released: false, dueAt: null, cancelReason: "expired" };
  }
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

/** A job that would be sent, once its queue may start none: it gives its slot back and waits for room. */
export function waitForRoom(to: Next): Next {
  return { ...to, released: false, dueAt: null, waits: true };
}

function crashed(job: OverdueJob, { now, pickupWindowMs, crashLimit }: OverduePolicy): Next {
  const crashes = job.crashes + 1;
  const message = `its Worker died or lost its lease during attempt ${job.attempt}`;
  const error = {
    kind: "crash",
    name: "Crash",
    message,
    attempt: job.attempt,
    startedAt: job.startedAt,
    at: now,
  } as const;
  const crash = { waits: false, crashes, error, cancelReason: null };
  if (job.cancelAt !== null || crashes >= crashLimit) {
    const state = job.cancelAt === null ? "failed" : "cancelled";
    return { ...crash, state, released: false, dueAt: null, deliveries: job.deliveries };
  }
  return { ...crash, state: "queued", released: true, dueAt: now + pickupWindowMs, deliveries: 1 };
}
