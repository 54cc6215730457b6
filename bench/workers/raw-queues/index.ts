import { FINISHED_PATH, FinishLog } from "../../finish-log.ts";
import { httpFront, type JobStore, type NewJob } from "../../http-front.ts";

interface Env {
  JOBS: Queue<NewJob>;
}

const MOST_PER_SEND = 100;
const log = new FinishLog();

const app = httpFront(
  (env: Env): JobStore => ({
    add: async (jobs) => {
      const [only] = jobs;
      if (jobs.length === 1 && only !== undefined) await env.JOBS.send(only);
      else await sendAll(env.JOBS, jobs);
      return "added";
    },
  }),
);
app.get(FINISHED_PATH, (c) => c.json(log.report(c.req.query("take") !== undefined)));

async function sendAll(queue: Queue<NewJob>, jobs: readonly NewJob[]): Promise<void> {
  for (let from = 0; from < jobs.length; from += MOST_PER_SEND) {
    await queue.sendBatch(jobs.slice(from, from + MOST_PER_SEND).map((body) => ({ body })));
  }
}

/** Cloudflare Queues and nothing else: nobody can ask what has become of a job. */
export default {
  fetch: app.fetch,
  queue: (batch: MessageBatch<NewJob>): void => {
    for (const { body } of batch.messages) log.record(body.payload);
    batch.ackAll();
  },
};
