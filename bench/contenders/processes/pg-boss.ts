import { Pool } from "pg";
import { PgBoss } from "pg-boss";
import { FinishLog } from "../../finish-log.ts";
import { type NewJob, queuedView } from "../../http-front.ts";
import { play } from "./serve.ts";

const QUEUE = "jobs";
const CONNECTIONS = 20;
/** pg-boss's states by Sluice's names. */
const STATES = { completed: "succeeded", failed: "failed", active: "running", cancelled: "cancelled" } as const;

async function start(url: string, useListenNotify: boolean): Promise<PgBoss> {
  const boss = new PgBoss({ connectionString: url, max: CONNECTIONS, useListenNotify });
  boss.on("error", (error) => console.error(error));
  await boss.start();
  return boss;
}

await play({
  api: async (url) => {
    const boss = await start(url, false);
    return {
      add: async (jobs) => {
        const [only] = jobs;
        const inserts = jobs.map((data) => ({
          id: data.id,
          data,
          retryLimit: data.maxAttempts - 1,
          retryBackoff: true,
        }));
        if (jobs.length === 1 && only !== undefined) {
          await boss.send(QUEUE, only, { id: only.id, retryLimit: only.maxAttempts - 1, retryBackoff: true });
        } else await boss.insert(QUEUE, inserts);
        return "added";
      },
      find: async (tenantId, id) => {
        const [job] = await boss.findJobs<NewJob>(QUEUE, { id });
        if (job === undefined || job.data.tenantId !== tenantId) return null;
        return {
          ...queuedView(job.data),
          state: job.state in STATES ? STATES[job.state as keyof typeof STATES] : "queued",
          attempt: job.retryCount + 1,
          startedAt: job.startedOn?.toISOString() ?? null,
          finishedAt: job.completedOn?.toISOString() ?? null,
        };
      },
    };
  },
  worker: async (url, variant) => {
    const notify = variant === "notify";
    const boss = await start(url, notify);
    await boss.createQueue(QUEUE, { notify });
    const returned = new FinishLog();
    const work = { batchSize: 100, localConcurrency: 4, pollingIntervalSeconds: 0.5, burstWhenBatchFull: true };
    await boss.work<NewJob>(QUEUE, work, async (jobs) => {
      for (const { data } of jobs) returned.record(data.payload);
    });
    const db = new Pool({ connectionString: url, max: 1 });
    return async ({ take, expected }) => {
      const report = returned.report(take);
      if (report.finished < expected) return report;
      // It finishes jobs after their handler has returned: those of a batch that is active have not finished.
      const { rows } = await db.query<{ active: number }>(
        "SELECT count(*)::int AS active FROM pgboss.job WHERE name = $1 AND state = 'active'",
        [QUEUE],
      );
      return { ...report, finished: report.finished - (rows[0]?.active ?? 0) };
    };
  },
});
