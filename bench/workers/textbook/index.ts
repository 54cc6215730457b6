import { FINISHED_PATH, FinishLog } from "../../finish-log.ts";
import { httpFront, type JobStore } from "../../http-front.ts";
import { claimJob, findJob, finishJob, insertJobs } from "./job-table.ts";
import type { Limiter } from "./limiter.ts";

export { Limiter } from "./limiter.ts";

interface JobMessage {
  readonly jobId: string;
}

interface Env {
  DB: D1Database;
  LIMITERS: DurableObjectNamespace<Limiter>;
  JOBS: Queue<JobMessage>;
}

const MOST_PER_SEND = 100;
const log = new FinishLog();

/** What every handler of this build would be: it does nothing. */
const noop = (): unknown => undefined;

const app = httpFront(
  (env: Env): JobStore => ({
    add: async (jobs) => {
      const [{ tenantId } = { tenantId: "" }] = jobs;
      if (!(await env.LIMITERS.getByName(tenantId).take(jobs.length))) return "rate_limited";
      await insertJobs(env.DB, jobs);
      await send(
        env.JOBS,
        jobs.map(({ id }) => ({ jobId: id })),
      );
      return "added";
    },
    find: (tenantId, id) => findJob(env.DB, tenantId, id),
  }),
);
app.get(FINISHED_PATH, (c) => c.json(log.report(c.req.query("take") !== undefined)));

async function send(queue: Queue<JobMessage>, messages: readonly JobMessage[]): Promise<void> {
  const [only] = messages;
  if (messages.length === 1 && only !== undefined) return void (await queue.send(only));
  for (let from = 0; from < messages.length; from += MOST_PER_SEND) {
    await queue.sendBatch(messages.slice(from, from + MOST_PER_SEND).map((body) => ({ body })));
  }
}

async function runJob(message: Message<JobMessage>, db: D1Database): Promise<void> {
  const { jobId } = message.body;
  try {
    const job = await claimJob(db, jobId);
    if (job !== null) {
      const payload: unknown = JSON.parse(job.payload);
      await finishJob(db, jobId, job.attempt, noop());
      log.record(payload);
    }
    message.ack();
  } catch {
    message.retry();
  }
}

/**
 * What a team writes by hand from the parts' own guides: a limiter object, a row and a message for each job, and a
 * consumer that claims and finishes each job by a statement of its own.
 */
export default {
  fetch: app.fetch,
  queue: async (batch: MessageBatch<JobMessage>, env: Env): Promise<void> => {
    await Promise.all(batch.messages.map((message) => runJob(message, env.DB)));
  },
};
