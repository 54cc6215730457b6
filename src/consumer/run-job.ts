import { describeError, type Outcome } from "../domain/outcome.ts";
import type { Registry } from "../domain/registry.ts";
import type { ClaimedJob } from "../storage/claim-jobs.ts";
import { readObject } from "../storage/payload-objects.ts";
import { type AttemptResources, attemptContext } from "./attempt-context.ts";
import type { Heartbeat } from "./heartbeat.ts";
import { runAttempt } from "./run-attempt.ts";

const FIRST_HAND_BACK_MS = 10_000;
const LONGEST_HAND_BACK_MS = 3_600_000;
const SOON_MS = 1_000;

/** One attempt of a claimed job, or its hand-back when it cannot start here. Never throws. */
export async function runJob(
  job: ClaimedJob,
  registry: Registry,
  resources: AttemptResources,
  heartbeat: Heartbeat,
): Promise<Outcome> {
  const handler = registry.get(job.type);
  // A deployment that rolls out may claim a job that only the next version knows.
  if (handler === undefined) return { kind: "handed_back", afterMs: handBackMs(job) };
  if (Date.now() + job.timeoutMs > job.leaseUntil) return { kind: "handed_back", afterMs: SOON_MS };
  const { context, stored } = attemptContext(job, resources);
  try {
    const json = job.payload ?? (await readObject(resources.blobs, job.payloadBlob ?? ""));
    const outcome = await heartbeat.during(job, (stop) =>
      runAttempt(handler, JSON.parse(json), context, job.timeoutMs, stop),
    );
    return outcome.kind === "succeeded" ? { ...outcome, blobs: stored } : outcome;
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
