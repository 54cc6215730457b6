import type { Handler } from "../domain/handler.ts";
import { describeError, type Outcome } from "../domain/outcome.ts";
import type { ClaimedJob } from "../storage/claim-jobs.ts";
import type { ChildJobs } from "../storage/insert-children.ts";
import { readObject } from "../storage/payload-objects.ts";
import { type AttemptResources, attemptContext } from "./attempt-context.ts";
import type { Heartbeat } from "./heartbeat.ts";
import { runAttempt } from "./run-attempt.ts";

const FIRST_HAND_BACK_MS = 10_000;
const LONGEST_HAND_BACK_MS = 3_600_000;
const SOON_MS = 1_000;

/** How an attempt ended, with what it has enqueued if it has succeeded. */
export type JobOutcome = Outcome & { readonly children?: ChildJobs };

/** How an attempt ended, and what its handler has said, as JSON. */
export interface Ended {
  readonly outcome: JobOutcome;
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
  const { context, stored, steps, log, children } = attemptContext(job, resources);
  try {
    const { payload, previous } = await readContent(job, resources.blobs);
    const outcome = await heartbeat.during([job], job.timeoutMs, (end) =>
      runAttempt(handler, payload, { ...context, previous, step: steps.run }, end),
    );
    return { outcome: withKept(outcome, stored, children.end()), logs: log.toJson() };
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

/**
 * A job's payload, and what came of the job before it.
 * @throws ObjectGone when one should be in R2 and is not; what R2 says when it cannot be read
 */
export async function readContent(
  { payload, payloadBlob, previous, previousBlob }: ClaimedJob,
  blobs: R2Bucket,
): Promise<{ readonly payload: unknown; readonly previous: unknown }> {
  const before = previousBlob === null ? previous : await readObject(blobs, previousBlob);
  const own = payload ?? (await readObject(blobs, payloadBlob ?? ""));
  return { payload: JSON.parse(own), previous: before === null ? null : JSON.parse(before) };
}

/** A success with the blobs that its attempt has kept, and the jobs that it has enqueued. */
export function withKept(outcome: Outcome, blobs: readonly string[], children: ChildJobs | undefined): JobOutcome {
  if (outcome.kind !== "succeeded") return outcome;
  return { ...outcome, blobs, ...(children && { children }) };
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
