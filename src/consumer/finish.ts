import { blobsIn } from "../domain/blob.ts";
import type { Following } from "../domain/following.ts";
import { describeError, type Outcome } from "../domain/outcome.ts";
import { type Backoff, nextRetryAt } from "../domain/retry-policy.ts";
import { utf8Bytes } from "../domain/utf8-bytes.ts";
import type { ClaimedJob } from "../storage/claim-jobs.ts";
import type { Finish } from "../storage/finish-jobs.ts";
import { INLINE_BYTES, putResult } from "../storage/payload-objects.ts";
import type { JobOutcome } from "./run-job.ts";

/** Blobs of a result that are kept for the job that follows: as many as an attempt may make, and a request name. */
const MOST_RESULT_BLOBS = 200;

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
export async function toFinish(job: ClaimedJob, outcome: JobOutcome, context: FinishContext): Promise<Finish> {
  if (outcome.kind !== "succeeded") return unsuccessful(job, outcome, context);
  const stored = await storeResult(job, outcome, context);
  if ("kind" in stored) return unsuccessful(job, stored, context);
  const at = context.now();
  const { children } = outcome;
  return { ...ended(job, at), ...stored, state: "succeeded", finishedAt: at, ...(children && { children }) };
}

/** The finish of an attempt whose own finish D1 has refused. */
export function refusedFinish(finish: Finish, refusal: unknown, now: number): Finish {
  const { attempt, measured, job } = finish;
  const name = "ResultRefused";
  const error = JSON.stringify({ attempt, at: now, ...describeError(refusal), name });
  const end = { state: "failed", finishedAt: now, failed: true, error, ...(job && { job }) } as const;
  const failed = { ...ended(finish, now), ...end };
  return measured === undefined ? failed : { ...failed, measured: { ...measured, error: name } };
}

function unsuccessful(
  job: ClaimedJob,
  outcome: Exclude<Outcome, { kind: "succeeded" }>,
  { now, random }: FinishContext,
): Finish {
  const at = now();
  if (outcome.kind === "handed_back") return { ...ended(job, at), state: "scheduled", dueAt: at + outcome.afterMs };
  const error = JSON.stringify({ attempt: job.attempt, startedAt: job.startedAt, at, ...outcome.error });
  if (outcome.kind === "cancelled") return { ...ended(job, at), state: "cancelled", finishedAt: at, error };
  const failed = { ...ended(job, at), failed: true, error };
  const policy = { maxAttempts: job.maxAttempts, backoff: JSON.parse(job.backoff) as Backoff };
  const backoff = outcome.kind === "failed" ? null : nextRetryAt(job.failures + 1, policy, at, random());
  if (backoff === null) return { ...failed, state: "failed", finishedAt: at };
  const after = outcome.kind === "retry" ? outcome.afterMs : undefined;
  return { ...failed, state: "retrying", dueAt: after === undefined ? backoff : at + after };
}

type EndedJob = Pick<ClaimedJob, "tenantId" | "id" | "attempt" | keyof Following>;

function ended({ tenantId, id, attempt, callbackOn, nextOn, groupId }: EndedJob, endedAt: number) {
  const nothing = { dueAt: null, finishedAt: null, result: null, resultBlob: null, blobs: [], error: null };
  return { tenantId, id, attempt, callbackOn, nextOn, groupId, endedAt, failed: false, ...nothing };
}

// A result that can never be stored fails its job; one that R2 does not take now is a reason to try again.
async function storeResult(
  job: ClaimedJob,
  { result, blobs: made = [] }: Extract<Outcome, { kind: "succeeded" }>,
  { blobs: bucket, maxResultBytes }: FinishContext,
): Promise<Pick<Finish, "result" | "resultBlob" | "blobs" | "resultBlobs"> | Exclude<Outcome, { kind: "succeeded" }>> {
  let json: string;
  try {
    json = JSON.stringify(result ?? null) ?? "null";
  } catch (thrown) {
    return { kind: "failed", error: { ...describeError(thrown), name: "ResultNotJson" } };
  }
  // Only what could be above the limit in UTF-8 needs to be measured.
  const bytes = utf8Bytes(json);
  const blobs = made.filter((id) => json.includes(id));
  // The job that follows names what it gets.
  const named = job.nextOn !== null && json.includes('"blob_') ? [...blobsIn(JSON.parse(json)).keys()] : [];
  const resultBlobs = named.slice(0, MOST_RESULT_BLOBS);
  if (bytes <= INLINE_BYTES) return { result: json, resultBlob: null, blobs, resultBlobs };
  if (bytes > maxResultBytes) {
    const message = `the result has ${bytes} bytes, the limit is ${maxResultBytes}`;
    return { kind: "failed", error: { kind: "error", name: "ResultTooLarge", message } };
  }
  try {
    return { result: null, resultBlob: await putResult(bucket, job, json), blobs, resultBlobs };
  } catch (thrown) {
    return { kind: "retry", error: describeError(thrown) };
  }
}
