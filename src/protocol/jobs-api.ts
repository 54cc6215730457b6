import type { JobState } from "../domain/job.ts";
import type { GroupRequest } from "./groups.ts";
import type { EnqueueOptions } from "./job-request.ts";
import type { JobView, ReadTokenView } from "./job-view.ts";

/** The payload and result of each job type. */
export type JobTypes = Record<string, { payload: unknown; result: unknown }>;

export interface JobListFilter {
  readonly state?: JobState | readonly JobState[] | undefined;
  readonly type?: string | undefined;
  readonly queue?: string | undefined;
  /** Members of this group, as they were enqueued. */
  readonly group?: string | undefined;
}

export interface ManyOptions {
  /** Makes a group of them. */
  readonly group?: GroupRequest;
}

export interface WaitOptions {
  /** Seconds. Default 30. */
  timeout?: number;
  /** Gives up the wait; it then rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** What typed callers do with jobs; every method throws `SluiceError`. */
export interface JobsApi<Types extends JobTypes> {
  /** Resolves once the job is durable. */
  enqueue<Type extends keyof Types & string>(
    type: Type,
    payload: Types[Type]["payload"],
    options?: EnqueueOptions,
  ): Promise<JobView<Types[Type]["payload"], Types[Type]["result"]>>;
  /** All of them, or none; as the members of a group, if one is given: `groupId` of each says which. */
  enqueueMany(jobs: readonly TypedRequest<Types>[], options?: ManyOptions): Promise<JobView[]>;
  get(id: string): Promise<JobView>;
  /** The job once it has finished, or as it is after a while. */
  wait(id: string, options?: WaitOptions): Promise<JobView>;
  /** Newest first. */
  list(filter?: JobListFilter): AsyncIterable<JobView>;
  /** A job that runs is asked to end: its signal aborts within seconds, and then it is `cancelled`. */
  cancel(id: string): Promise<JobView>;
  /** Runs a job now that waits for a later time: scheduled, or between two attempts. */
  runNow(id: string): Promise<JobView>;
  /** A new job that repeats a finished one; resolves once it is durable. */
  replay(id: string): Promise<JobView>;
  /** A token with which an end user's browser may read this one job, for 15 minutes. */
  readToken(id: string): Promise<ReadTokenView>;
}

export type TypedRequest<Types extends JobTypes> = {
  [Type in keyof Types & string]: { type: Type; payload: Types[Type]["payload"] } & EnqueueOptions;
}[keyof Types & string];
