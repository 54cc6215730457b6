import type { Following } from "./following.ts";
import type { CancelReason } from "./job.ts";
import type { AttemptError } from "./outcome.ts";

/** A job whose `due_at` or `expires_at` has passed, or whose group was stopped, as the alarm reads it. */
export interface OverdueJob extends Following {
  readonly id: string;
  readonly type: string;
  readonly state: "scheduled" | "retrying" | "queued" | "running";
  readonly queue: string;
  readonly released: number;
  readonly attempt: number;
  readonly crashes: number;
  /** 1 when it has run alone since a lease was lost. */
  readonly isolated: number;
  readonly deliveries: number;
  readonly solo: number;
  readonly dueAt: number | null;
  readonly startedAt: number | null;
  readonly leaseUntil: number | null;
  readonly expiresAt: number | null;
  readonly cancelAt: number | null;
  readonly payloadBytes: number;
  /** 1 when its group was stopped. */
  readonly stopped: number;
}

/** What becomes of it. */
export interface Next {
  readonly state: "queued" | "running" | "failed" | "cancelled";
  readonly released: boolean;
  readonly dueAt: number | null;
  /** Waits for room from now on. */
  readonly waits: boolean;
  readonly crashes: number;
  readonly isolated: number;
  readonly deliveries: number;
  readonly error: (AttemptError & { attempt: number; startedAt: number | null; at: number }) | null;
  readonly cancelReason: CancelReason | null;
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
 * - a member of a group that was stopped, and not running: `cancelled`;
 * - never started, and expired: `cancelled`;
 * - running, its lease still good: looked at again when the lease ends;
 * - running, its lease over: its Worker died, so it runs again, alone. When it ran alone already that counts as a crash,
 *   and at the crash limit it is `failed`; among others nobody can tell whose fault it was, and nothing is counted. If
 *   somebody has asked for its end it is `cancelled`;
 * - released, but nobody claimed it: sent again, with twice the time to claim it;
 * - scheduled or retrying: released when there is room for it, else it waits for room.
 * @param hasRoom for a job that holds no slot yet
 */
export function moveOn(job: OverdueJob, hasRoom: boolean, policy: OverduePolicy): Next {
  const { now, pickupWindowMs } = policy;
  const { crashes, isolated, deliveries } = job;
  const kept = { crashes, isolated, deliveries, waits: false, error: null, cancelReason: null };
  if (job.stopped === 1 && job.state !== "running") {
    return { ...kept, state: "cancelled", released: false, dueAt: null, cancelReason: "group_stopped" };
  }
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
  const wasAlone = job.isolated === 1;
  const crashes = job.crashes + (wasAlone ? 1 : 0);
  const crash = { waits: false, crashes, isolated: 1, error: lostAttempt(job, now), cancelReason: null };
  if (job.cancelAt !== null || (wasAlone && crashes >= crashLimit)) {
    const state = job.cancelAt === null ? "failed" : "cancelled";
    return { ...crash, state, released: false, dueAt: null, deliveries: job.deliveries };
  }
  return { ...crash, state: "queued", released: true, dueAt: now + pickupWindowMs, deliveries: 1 };
}

function lostAttempt({ attempt, startedAt, isolated }: OverdueJob, now: number): Next["error"] {
  const lost = `its Worker died or lost its lease during attempt ${attempt}`;
  const what =
    isolated === 1
      ? { name: "Crash", message: `${lost}, which it ran alone` }
      : { name: "SharedCrash", message: `${lost}, beside other jobs: not counted, it runs alone from now on` };
  return { kind: "crash", ...what, attempt, startedAt, at: now };
}
