import type { JobList, JobView } from "../../protocol/job-view.ts";
import type { QueueList, QueueView } from "../../protocol/queue-view.ts";
import type { StatsView } from "../../protocol/stats-view.ts";
import { settingsOf } from "../model/binding-limit.ts";
import { countedIn } from "../model/counted.ts";
import { lineOf } from "../model/overview.ts";
import { aheadOf, type QueueOfJob } from "../model/why-waits.ts";
import { read } from "./api.ts";

/** Which jobs are listed; what is undefined does not narrow. */
export interface JobsFilter {
  readonly state?: string | undefined;
  readonly type?: string | undefined;
  readonly queue?: string | undefined;
  /** The id of a group: its members. */
  readonly group?: string | undefined;
  readonly cursor?: string | undefined;
}

const LOOKED_AT = 100;

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
  const [settings, stats, waiting] = await Promise.all([
    readQueues(),
    read<StatsView>("/v1/stats", { queue: job.queue }),
    readJobs({ state: "queued", queue: job.queue }, LOOKED_AT),
  ]);
  const [queue] = stats.queues;
  const line = queue && lineOf(queue, settings, stats);
  return {
    settings: settingsOf(job.queue, settings),
    limit: line?.limit ?? null,
    waiting: line?.waiting ?? countedIn(waiting),
    ahead: aheadOf(job, waiting),
  };
}
