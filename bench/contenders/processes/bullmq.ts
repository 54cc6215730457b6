import { Queue, Worker } from "bullmq";
import { FinishLog } from "../../finish-log.ts";
import { type NewJob, queuedView } from "../../http-front.ts";
import { play } from "./serve.ts";

const QUEUE = "jobs";
const CONCURRENCY = 100;
/** BullMQ's states by Sluice's names. */
const STATES = { completed: "succeeded", failed: "failed", active: "running" } as const;

function connection(url: string) {
  return { host: new URL(url).hostname, port: Number(new URL(url).port), maxRetriesPerRequest: null };
}

function options({ id, maxAttempts }: NewJob) {
  return { jobId: id, attempts: maxAttempts, backoff: { type: "exponential", delay: 1_000 } };
}

await play({
  api: async (url) => {
    const queue = new Queue<NewJob>(QUEUE, { connection: connection(url) });
    await queue.waitUntilReady();
    return {
      add: async (jobs) => {
        const [only] = jobs;
        if (jobs.length === 1 && only !== undefined) await queue.add(only.type, only, options(only));
        else await queue.addBulk(jobs.map((job) => ({ name: job.type, data: job, opts: options(job) })));
        return "added";
      },
      find: async (tenantId, id) => {
        const job = await queue.getJob(id);
        if (!job || job.data.tenantId !== tenantId) return null;
        const state = await job.getState();
        return {
          ...queuedView(job.data),
          state: state in STATES ? STATES[state as keyof typeof STATES] : "queued",
          attempt: job.attemptsMade,
          startedAt: time(job.processedOn),
          finishedAt: time(job.finishedOn),
        };
      },
    };
  },
  worker: async (url) => {
    const log = new FinishLog();
    const worker = new Worker<NewJob>(QUEUE, async () => undefined, {
      connection: connection(url),
      concurrency: CONCURRENCY,
    });
    worker.on("completed", ({ data }) => log.record(data.payload));
    worker.on("error", (error) => console.error(error));
    await worker.waitUntilReady();
    return async ({ take }) => log.report(take);
  },
});

function time(milliseconds: number | undefined): string | null {
  return milliseconds === undefined ? null : new Date(milliseconds).toISOString();
}
