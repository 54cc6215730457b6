import type { JobState, TerminalState } from "../domain/job.ts";
import type { Progress } from "../domain/progress.ts";

/** What can happen to a job. `job.retrying`: an attempt is over, and the job is to run again. */
export const JOB_EVENTS = [
  "job.enqueued",
  "job.started",
  "job.progress",
  "job.retrying",
  "job.succeeded",
  "job.failed",
  "job.cancelled",
] as const;
export type JobEventName = (typeof JOB_EVENTS)[number];

/** Something that has happened to a job, without its payload and result. */
export interface JobEvent {
  /** `job.state` is no event: it says what the job is at present, and comes first when one job is followed. */
  readonly event: JobEventName | "job.state";
  readonly id: string;
  readonly type: string;
  readonly queue: string;
  /** The job's state from then on. */
  readonly state: JobState;
  readonly attempt: number;
  /** ISO 8601. */
  readonly at: string;
  /** The newest of this attempt, as far as it is known. */
  readonly progress: Progress | null;
  /** The name of the error with which the attempt has ended. */
  readonly error: string | null;
}

/**
 * Events in between are lost to this reader, where it has asked for those since an id: the tenant's gate has started
 * anew (`restarted`), or has kept none so old (`overrun`).
 */
export interface MissedEvents {
  readonly event: "events.missed";
  readonly reason: "restarted" | "overrun";
}

/** The last event of a stream that ends though there is more to come: its reader was too slow, or its time is up. */
export interface StreamEnd {
  readonly event: "events.end";
  readonly reason: "slow" | "time";
}

export type LiveEvent = JobEvent | MissedEvents | StreamEnd;

/** Which of a tenant's events; what is left out is not filtered by. */
export interface EventFilter {
  readonly jobId?: string | undefined;
  readonly queue?: string | undefined;
  readonly type?: string | undefined;
  readonly events?: readonly JobEventName[] | undefined;
}

/** A caller that wants to follow events as they come. */
export interface FollowRequest extends EventFilter {
  /** Those after this id first, as far as they are kept. */
  readonly lastEventId?: string | undefined;
}

export type FollowReply =
  /** `text/event-stream`, from now on. */
  | { readonly kind: "following"; readonly body: ReadableStream<Uint8Array> }
  | { readonly kind: "job_not_found" | "storage_unavailable" }
  | { readonly kind: "overloaded"; readonly max: number; readonly current: number };

/** What a consumer tells of an attempt that goes on: that it has started, or how far it has come. */
export interface AttemptReport {
  readonly id: string;
  readonly type: string;
  readonly queue: string;
  readonly attempt: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Null: it has started. */
  readonly progress: Progress | null;
}

/** The event by which an attempt's or a job's end is told. */
export function endEvent(state: TerminalState | "retrying" | "scheduled"): JobEventName {
  return state === "scheduled" ? "job.retrying" : `job.${state}`;
}
