import type { BatchHandler } from "../domain/batch-handler.ts";
import type { Outcome } from "../domain/outcome.ts";
import { isBatchHandler } from "../domain/registry.ts";
import type { ClaimedJob } from "../storage/claim-jobs.ts";
import { type AttemptResources, attemptContext } from "./attempt-context.ts";
import type { Chunk } from "./chunk-jobs.ts";
import type { Heartbeat } from "./heartbeat.ts";
import { runBatch } from "./run-batch.ts";
import { canStart, type Ended, handedBackSoon, handedBackUnknown, readContent, runJob, withKept } from "./run-job.ts";
import { thrownOutcome } from "./thrown-outcome.ts";

/** A claimed job, with how its attempt ended. */
export type EndedJob = readonly [job: ClaimedJob, ended: Ended];

/** One attempt of each of the jobs that run together; those that cannot start here are handed back. Never throws. */
export async function runChunk(chunk: Chunk, resources: AttemptResources, heartbeat: Heartbeat): Promise<EndedJob[]> {
  const handler = resources.registry.get(chunk[0].type);
  if (handler === undefined) return chunk.map((job) => [job, handedBackUnknown(job)]);
  if (isBatchHandler(handler)) return runTogether(chunk, handler, resources, heartbeat);
  return Promise.all(chunk.map(async (job) => [job, await runJob(job, handler, resources, heartbeat)] as const));
}

async function runTogether(
  chunk: readonly ClaimedJob[],
  handler: BatchHandler,
  resources: AttemptResources,
  heartbeat: Heartbeat,
): Promise<EndedJob[]> {
  const timeoutMs = Math.min(...chunk.map((job) => job.timeoutMs));
  const { start = [], late = [] } = Object.groupBy(chunk, (job) => (canStart(job, timeoutMs) ? "start" : "late"));
  const handedBack = late.map((job): EndedJob => [job, handedBackSoon()]);
  if (start.length === 0) return handedBack;
  return [...handedBack, ...(await runStarted(start, handler, timeoutMs, resources, heartbeat))];
}

async function runStarted(
  jobs: readonly ClaimedJob[],
  handler: BatchHandler,
  timeoutMs: number,
  resources: AttemptResources,
  heartbeat: Heartbeat,
): Promise<EndedJob[]> {
  const attempts = jobs.map((job) => ({ job, ...attemptContext(job, resources) }));
  const outcomes = await outcomesOf(jobs, async () => {
    const batch = await Promise.all(
      attempts.map(async ({ job, context }) => ({ ...context, ...(await readContent(job, resources.blobs)) })),
    );
    return heartbeat.during(jobs, timeoutMs, (end) => runBatch(handler, batch, end));
  });
  return attempts.map(({ job, stored, log, children }, n) => {
    const { [n]: outcome = handedBackSoon().outcome } = outcomes;
    return [job, { outcome: withKept(outcome, stored, children.end()), logs: log.toJson() }];
  });
}

async function outcomesOf(
  jobs: readonly ClaimedJob[],
  run: () => Promise<readonly Outcome[]>,
): Promise<readonly Outcome[]> {
  try {
    return await run();
  } catch (thrown) {
    return jobs.map(() => thrownOutcome(thrown));
  }
}
