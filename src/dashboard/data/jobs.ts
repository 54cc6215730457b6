import type { JobState } from "../../domain/job.ts";
import type { JobList, JobView } from "../../protocol/job-view.ts";
import type { QueueList, QueueView } from "../../protocol/queue-view.ts";
import { settingsOf } from "../model/binding-limit.ts";
import type { Counted } from "../model/counted.ts";
import { aheadOf, type QueueOfJob } from "../model/why-waits.ts";
import { read } from "./api.ts";

/** Which jobs are listed; what is undefined does not narrow. */
export interface JobsFilter {
  readonly state?: string | undefined;
  readonly type?: string | undefined;
  readonly queue?: string | undefined;
  readonly cursor?: string | undefined;
}

const LOOKED_AT = "100";

/** One page of jobs, newest first. */
export function readJobs(filter: JobsFilter, limit: number): Promise<JobList> {
  return read<JobList>("/v1/jobs", { ...filter, limit: String(limit) });
}

export function readJob(id: string): Promise<JobView> {
  return read<JobView>(`/v1/jobs/${encodeURIComponent(id)}`);
}

export async function readQueues(): Promise<readonly QueueView[]> {
  return (await read<QueueList>("/v1/queues")).data;
}

/** What a job's queue tells about its wait. */
export async function readQueueOf(job: JobView): Promise<QueueOfJob> {
  const of = (state: JobState) => read<JobList>("/v1/jobs", { state, queue: job.queue, limit: LOOKED_AT });
  const [settings, running, waiting] = await Promise.all([readQueues(), of("running"), of("queued")]);
  return {
    settings: settingsOf(job.queue, settings),
    running: countedIn(running),
    ahead: aheadOf(job, waiting.data, waiting.nextCursor === null),
  };
}

/** A page as a count: whether there are more is not known when it has a next. */
export function countedIn({ data, nextCursor }: JobList): Counted {
  return { count: data.length, atLeast: nextCursor !== null };
}
