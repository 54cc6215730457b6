import type { TerminalState } from "../domain/job.ts";
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
