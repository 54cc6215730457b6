import { describeError, type Outcome } from "../domain/outcome.ts";
import type { Registry } from "../domain/registry.ts";
import type { ClaimedJob } from "../storage/claim-jobs.ts";
import type { ChildJobs } from "../storage/insert-children.ts";
import { readObject } from "../storage/payload-objects.ts";
import { type AttemptResources, attemptContext } from "./attempt-context.ts";
import { ChildCollector } from "./child-jobs.ts";
import type { Heartbeat } from "./heartbeat.ts";
import { runAttempt } from "./run-attempt.ts";

const FIRST_HAND_BACK_MS = 10_000;
const LONGEST_HAND_BACK_MS = 3_600_000;
const SOON_MS = 1_000;

/** How an attempt ended, with what it has enqueued if it has succeeded. */
export type JobOutcome = Outcome & { readonly children?: ChildJobs };

/** One attempt of a claimed job, or its hand-back when it cannot start here. Never throws. */
export async function runJob(
  job: ClaimedJob,
  registry: Registry,
  resources: AttemptResources,
  heartbeat: Heartbeat,
): Promise<JobOutcome> {
  const handler = registry.get(job.type);
  // A deployment that rolls out may claim a job that only the next version knows.
  if (handler === undefined) return { kind: "handed_back", afterMs: handBackMs(job) };
  if (Date.now() + job.timeoutMs > job.leaseUntil) return { kind: "handed_back", afterMs: SOON_MS };
  const { context, stored } = attemptContext(job, resources);
  const children = new ChildCollector(job, { ...resources, registry });
  try {
    const json = job.payload ?? (await readObject(resources.blobs, job.payloadBlob ?? ""));
    const previous = job.previousBlob === null ? job.previous : await readObject(resources.blobs, job.previousBlob);
    const { enqueue, enqueueMany } = children;
    const told = { ...context, previous: previous === null ? null : JSON.parse(previous), enqueue, enqueueMany };
    const outcome = await heartbeat.during(job, (stop) =>
      runAttempt(handler, JSON.parse(json), told, job.timeoutMs, stop),
    );
    const enqueued = children.end();
    if (outcome.kind !== "succeeded") return outcome;
    return { ...outcome, blobs: stored, ...(enqueued && { children: enqueued }) };
  } catch (thrown) {
    return { kind: "retry", error: describeError(thrown) };
  }
}

// Doubled with each hand-back, which is what is left of the attempts without failures, crashes and the lost lease that
// isolated the job.
function handBackMs({ attempt: attempts, failures, crashes, isolated }: ClaimedJob): number {
  const handedBack = Math.max(0, attempts - 1 - failures - crashes - isolated);
  return Math.min(FIRST_HAND_BACK_MS * 2 ** handedBack, LONGEST_HAND_BACK_MS);
}
