import type { Handler } from "../domain/handler.ts";
import { describeError, type Outcome } from "../domain/outcome.ts";
import type { ClaimedJob } from "../storage/claim-jobs.ts";
import { readObject } from "../storage/payload-objects.ts";
import { type AttemptResources, attemptContext } from "./attempt-context.ts";
import type { Heartbeat } from "./heartbeat.ts";
import { runAttempt } from "./run-attempt.ts";

const FIRST_HAND_BACK_MS = 10_000;
const LONGEST_HAND_BACK_MS = 3_600_000;
const SOON_MS = 1_000;

/** How an attempt ended, and what its handler has said, as JSON. */
export interface Ended {
  readonly outcome: Outcome;
  readonly logs: string | null;
}

/** One attempt of a claimed job, or its hand-back when it cannot start here. Never throws. */
export async function runJob(
  job: ClaimedJob,
  handler: Handler,
  resources: AttemptResources,
  heartbeat: Heartbeat,
): Promise<Ended> {
  if (!canStart(job, job.timeoutMs)) return handedBackSoon();
  const { context, stored, steps, log } = attemptContext(job, resources);
  try {
    const payload = await readPayload(job, resources.blobs);
    const outcome = await heartbeat.during([job], (stop) =>
      runAttempt(handler, payload, { ...context, step: steps.run }, job.timeoutMs, stop),
    );
    return { outcome: withBlobs(outcome, stored), logs: log.toJson() };
  } catch (thrown) {
    return { outcome: { kind: "retry", error: describeError(thrown) }, logs: log.toJson() };
  } finally {
    steps.end();
  }
}

/** Whether an attempt would be over by its timeout before its lease is. */
export function canStart({ leaseUntil }: ClaimedJob, timeoutMs: number): boolean {
  return Date.now() + timeoutMs <= leaseUntil;
}

/** @throws ObjectGone when it should be in R2 and is not; what R2 says when it cannot be read */
export async function readPayload({ payload, payloadBlob }: ClaimedJob, blobs: R2Bucket): Promise<unknown> {
  return JSON.parse(payload ?? (await readObject(blobs, payloadBlob ?? "")));
}

/** A success with the blobs that its attempt has kept. */
export function withBlobs(outcome: Outcome, blobs: readonly string[]): Outcome {
  return outcome.kind === "succeeded" ? { ...outcome, blobs } : outcome;
}

/** Of a job that there was no time to start here. */
export function handedBackSoon(): Ended {
  return { outcome: { kind: "handed_back", afterMs: SOON_MS }, logs: null };
}

/**
 * Of a job whose type is not known here: a deployment that rolls out may claim one that only the next version knows. The
 * wait is doubled with each hand-back, which is what is left of the attempts without failures, crashes and the lost lease
 * that isolated the job.
 */
export function handedBackUnknown({ attempt: attempts, failures, crashes, isolated }: ClaimedJob): Ended {
  const handedBack = Math.max(0, attempts - 1 - failures - crashes - isolated);
  const afterMs = Math.min(FIRST_HAND_BACK_MS * 2 ** handedBack, LONGEST_HAND_BACK_MS);
  return { outcome: { kind: "handed_back", afterMs }, logs: null };
}
