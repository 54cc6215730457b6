import type { Callback } from "../domain/callback.ts";
import type { JobState } from "../domain/job.ts";

/** A failed attempt, as kept with its job. */
export interface AttemptFailure {
  readonly attempt: number;
  readonly startedAt: string | null;
  /** When it ended. */
  readonly at: string;
  readonly kind: "error" | "timeout" | "crash" | "cancelled";
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
}

export interface CallbackView extends Callback {
  /** The job that delivers it; null until the job has ended so that somebody is told. */
  readonly jobId: string | null;
}

/** A job as callers see it. Times are ISO 8601 in UTC. */
export interface JobView<Payload = unknown, Result = unknown> {
  readonly id: string;
  readonly type: string;
  readonly queue: string;
  readonly priority: number;
  readonly state: JobState;
  /** Attempts so far; a hand-back, which is no failure, counts here too. */
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** When a scheduled or retrying job is due. */
  readonly dueAt: string | null;
  /** When it ends `cancelled` if nobody has started it. */
  readonly expiresAt: string | null;
  readonly cancelReason: "requested" | "expired" | null;
  /** The job that this one replays. */
  readonly replayOf: string | null;
  /** Who is told when it has ended. */
  readonly callback: CallbackView | null;
  /** The job whose end has brought this one about: that of a callback's delivery. */
  readonly parentId: string | null;
  readonly errors: readonly AttemptFailure[];
  /** In lists only when asked for. */
  readonly payload?: Payload;
  /** Null until the job has succeeded. In lists only when asked for. */
  readonly result?: Result | null;
}

export interface JobList {
  readonly data: readonly JobView[];
  /** Null on the last page. A page with a next may be empty: it looked at as many jobs as a page may. */
  readonly nextCursor: string | null;
}
