import type { Callback } from "../domain/callback.ts";
import type { CancelReason, JobState } from "../domain/job.ts";
import type { LogLevel } from "../domain/log-line.ts";

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

/** A line that a handler has written into its job's log. */
export interface LogLineView {
  readonly attempt: number;
  readonly at: string;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields?: Readonly<Record<string, string | number | boolean | null>>;
}

/** A finished step of a job. */
export interface StepView {
  readonly name: string;
  /** The attempt that has run it. */
  readonly attempt: number;
  /** When it finished. */
  readonly at: string;
  /** Only when asked for. */
  readonly result?: unknown;
}

export interface CallbackView extends Callback {
  /** The job that delivers it; null until the job has ended so that somebody is told. */
  readonly jobId: string | null;
}

/** A job that is to follow on another. */
export interface ChainJobView {
  readonly type: string;
  readonly queue: string;
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
  readonly cancelReason: CancelReason | null;
  /** The job that this one replays. */
  readonly replayOf: string | null;
  /** Who is told when it has ended. */
  readonly callback: CallbackView | null;
  /** The job whose end, or whose attempt, has brought this one about. */
  readonly parentId: string | null;
  /** The group that it is a member of. */
  readonly groupId: string | null;
  /**
   * What follows on its success, one after the other: the request's `then`. That name would make each job that is written
   * as JSON a special case of the runtime's, which is slower and cannot write what is nested very deeply.
   */
  readonly next: readonly ChainJobView[];
  /** What follows when it fails or is cancelled, or one of those. */
  readonly onFailure: ChainJobView | null;
  /** The job of these that has followed on its end. */
  readonly nextJobId: string | null;
  readonly errors: readonly AttemptFailure[];
  /** In lists only when asked for. */
  readonly payload?: Payload;
  /** What came of the job before it in its chain, or of its group; with the payload, and only where there is such. */
  readonly previous?: unknown;
  /** Null until the job has succeeded. In lists only when asked for. */
  readonly result?: Result | null;
  /** What its handler has said, in its newest attempts. Not in lists. */
  readonly logs?: readonly LogLineView[];
  /** Those that have finished, and so are not run again. Not in lists. */
  readonly steps?: readonly StepView[];
}

/** A job as an end user sees it: without what was sent, who is told, and what went wrong. */
export type ReaderJobView = Pick<
  JobView,
  "id" | "type" | "state" | "attempt" | "maxAttempts" | "createdAt" | "startedAt" | "finishedAt" | "dueAt" | "result"
>;

/** What an end user's browser may read one job with. */
export interface ReadTokenView {
  /** For `Authorization: Bearer …`. */
  readonly token: string;
  readonly expiresAt: string;
}

export interface JobList {
  readonly data: readonly JobView[];
  /** Null on the last page. A page with a next may be empty: it looked at as many jobs as a page may. */
  readonly nextCursor: string | null;
}
