import { describeError, type Outcome } from "../domain/outcome";
import { type Backoff, nextRetryAt } from "../domain/retry-policy";
import type { ClaimedJob } from "../storage/claim-jobs";
import type { Finish } from "../storage/finish-jobs";
import { INLINE_BYTES, putResult } from "../storage/payload-blobs";

/** What ending an attempt needs from outside. */
export interface FinishContext {
  readonly blobs: R2Bucket;
  readonly maxResultBytes: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Evenly spread over [0, 1). */
  readonly random: () => number;
}

/** What is written when an attempt has ended in this way. */
export async function toFinish(job: ClaimedJob, outcome: Outcome, context: FinishContext): Promise<Finish> {
  if (outcome.kind !== "succeeded") return unsuccessful(job, outcome, context);
  try {
    const result = await storedResult(job, outcome.result, context);
    return { ...ended(job), ...result, state: "succeeded", finishedAt: context.now() };
  } catch (thrown) {
    return unsuccessful(job, { kind: "failed", error: describeError(thrown) }, context);
  }
}

/** The finish of an attempt whose own finish D1 has refused. */
export function refusedFinish({ tenantId, id, attempt }: Finish, refusal: unknown, now: number): Finish {
  const error = JSON.stringify({ attempt, at: now, ...describeError(refusal), name: "ResultRefused" });
  return { ...ended({ tenantId, id, attempt }), state: "failed", finishedAt: now, failed: true, error };
}

function unsuccessful(
  job: ClaimedJob,
  outcome: Exclude<Outcome, { kind: "succeeded" }>,
  { now, random }: FinishContext,
): Finish {
  const at = now();
  if (outcome.kind === "handed_back") return { ...ended(job), state: "scheduled", dueAt: at + outcome.afterMs };
  const error = JSON.stringify({ attempt: job.attempt, at, ...outcome.error });
  const failed = { ...ended(job), failed: true, error };
  const policy = { maxAttempts: job.maxAttempts, backoff: JSON.parse(job.backoff) as Backoff };
  const backoff = outcome.kind === "failed" ? null : nextRetryAt(job.failures + 1, policy, at, random());
  if (backoff === null) return { ...failed, state: "failed", finishedAt: at };
  const after = outcome.kind === "retry" ? outcome.afterMs : undefined;
  return { ...failed, state: "retrying", dueAt: after === undefined ? backoff : at + after };
}

function ended({ tenantId, id, attempt }: Pick<ClaimedJob, "tenantId" | "id" | "attempt">) {
  const nothing = { dueAt: null, finishedAt: null, result: null, resultBlob: null, error: null };
  return { tenantId, id, attempt, failed: false, ...nothing };
}

async function storedResult(
  job: ClaimedJob,
  result: unknown,
  { blobs, maxResultBytes }: FinishContext,
): Promise<Pick<Finish, "result" | "resultBlob">> {
  const json = JSON.stringify(result ?? null) ?? "null";
  // Only what could be above the limit in UTF-8 needs to be measured.
  const bytes = json.length * 3 <= INLINE_BYTES ? json.length : new TextEncoder().encode(json).byteLength;
  if (bytes <= INLINE_BYTES) return { result: json, resultBlob: null };
  if (bytes > maxResultBytes) throw new RangeError(`the result has ${bytes} bytes, the limit is ${maxResultBytes}`);
  return { result: null, resultBlob: await putResult(blobs, job, json) };
}
