import pLimit from "p-limit";
import type { JobView } from "../../src/client/client.ts";
import type { DemoClient } from "./client.ts";
import { Progress } from "./progress.ts";

const PATIENCE_SECONDS = 30;
const WAITING_AT_ONCE = 20;

/** The same jobs once they have finished; those that take too long, as they are by then. */
export async function finishedJobs<Job extends JobView>(
  client: DemoClient,
  jobs: readonly Job[],
  what: string,
): Promise<Job[]> {
  const progress = new Progress(what, jobs.length);
  const until = Date.now() + PATIENCE_SECONDS * 1_000;
  try {
    return await pLimit(WAITING_AT_ONCE).map(jobs, async ({ id }) => {
      const job = await client.jobs.wait(id, { timeout: Math.max(0, until - Date.now()) / 1_000 });
      progress.step();
      return job as Job;
    });
  } finally {
    progress.end();
  }
}

/** The same job once it has finished, or as it is after too long a time. */
export async function finishedJob<Job extends JobView>(client: DemoClient, job: Job, what: string): Promise<Job> {
  const [finished = job] = await finishedJobs(client, [job], what);
  return finished;
}
