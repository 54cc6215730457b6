import { EventEmitter } from "node:events";
import { Logger, makeWorkerUtils, run, type WorkerEvents } from "graphile-worker";
import { FinishLog } from "../../finish-log.ts";
import type { NewJob } from "../../http-front.ts";
import { play } from "./serve.ts";

const CONNECTIONS = 20;
const CONCURRENCY = 100;
const quiet = new Logger(() => () => {});

await play({
  api: async (url) => {
    const utils = await makeWorkerUtils({ connectionString: url, maxPoolSize: CONNECTIONS, logger: quiet });
    await utils.migrate();
    return {
      add: async (jobs) => {
        const [only] = jobs;
        if (jobs.length === 1 && only !== undefined) {
          await utils.addJob("noop", only, { maxAttempts: only.maxAttempts });
        } else {
          await utils.addJobs(
            jobs.map((payload) => ({ identifier: "noop", payload, maxAttempts: payload.maxAttempts })),
          );
        }
        return "added";
      },
    };
  },
  worker: async (url) => {
    const log = new FinishLog();
    const events: WorkerEvents = new EventEmitter();
    // Just before its deletion is committed.
    events.on("job:complete", ({ job }) => log.record((job.payload as NewJob).payload));
    await run({
      connectionString: url,
      events,
      logger: quiet,
      taskList: { noop: async () => undefined },
      preset: {
        worker: {
          concurrentJobs: CONCURRENCY,
          maxPoolSize: CONNECTIONS,
          localQueue: { size: 500 },
          completeJobBatchDelay: 0,
        },
      },
    });
    return async ({ take }) => log.report(take);
  },
});
