import { blobsIn } from "../domain/blob.ts";
import { durationMs } from "../domain/duration.ts";
import { retryPolicy } from "../domain/retry-options.ts";
import { isSolo } from "../domain/solo.ts";
import { storedCallback } from "../protocol/callback.ts";
import { MOST_CHAIN_BYTES, type StoredStep, storedChain } from "../protocol/chain.ts";
import { pointer } from "../protocol/field-errors.ts";
import { followUpKey } from "../protocol/follow-up-id.ts";
import type { ParsedStep } from "../protocol/job-request.ts";
import type { FieldError } from "../protocol/sluice-error.ts";
import { type CheckedContent, type Checking, checkJob } from "./check-job.ts";

/** What is to follow on a job. */
export interface Flow {
  readonly then?: readonly ParsedStep[] | undefined;
  readonly onFailure?: ParsedStep | undefined;
}

interface CheckedStep extends CheckedContent {
  readonly step: ParsedStep;
  /** What it is called among the jobs that follow on one. */
  readonly name: readonly unknown[];
}

/** A flow whose jobs are found good. */
export interface CheckedFlow {
  readonly steps: readonly CheckedStep[];
  readonly onFailure: CheckedStep | null;
}

const NOTHING: CheckedFlow = { steps: [], onFailure: null };

/** Holds all jobs of a flow against the handlers of their types. */
export async function checkFlow(
  { then = [], onFailure }: Flow,
  path: readonly PropertyKey[],
  checking: Checking,
): Promise<CheckedFlow | { readonly errors: FieldError[] }> {
  if (then.length === 0 && onFailure === undefined) return NOTHING;
  const steps = await Promise.all(
    then.map((step, index) => checkStep(step, ["then", index], [...path, "then", index], checking)),
  );
  const last = onFailure && (await checkStep(onFailure, ["onFailure"], [...path, "onFailure"], checking));
  const errors = [...steps, ...(last ? [last] : [])].flatMap((step) => ("errors" in step ? step.errors : []));
  const bytes = [...steps, ...(last ? [last] : [])].reduce((sum, step) => sum + ("errors" in step ? 0 : step.bytes), 0);
  if (bytes > MOST_CHAIN_BYTES) {
    const detail = `the payloads of what follows have ${bytes} bytes, the limit is ${MOST_CHAIN_BYTES}`;
    errors.push({ pointer: pointer([...path, then.length > 0 ? "then" : "onFailure"]), detail, code: "too_big" });
  }
  return errors.length > 0 ? { errors } : { steps: steps as CheckedStep[], onFailure: (last ?? null) as CheckedStep };
}

/** Checks one job that follows on something else than a job; `name` tells it from others of the same. */
export async function checkStep(
  step: ParsedStep,
  name: readonly unknown[],
  path: readonly PropertyKey[],
  checking: Checking,
): Promise<CheckedStep | { readonly errors: FieldError[] }> {
  const content = await checkJob({ ...step, payload: step.payload ?? null }, path, checking);
  return "errors" in content ? content : { ...content, step, name };
}

/** A flow as the row of the job with this id has it; null when nothing follows. */
export async function toChain({ steps, onFailure }: CheckedFlow, jobId: string): Promise<string | null> {
  if (steps.length === 0 && onFailure === null) return null;
  const stored = await Promise.all(steps.map((step) => toStoredStep(step, jobId)));
  return storedChain(stored, onFailure === null ? undefined : await toStoredStep(onFailure, jobId));
}

/** A job that is to follow on the end of what has this id. */
export async function toStoredStep(checked: CheckedStep, id: string): Promise<StoredStep> {
  const { step, handler, payload, bytes, callback, name } = checked;
  const { maxAttempts, backoff } = retryPolicy(
    { ...step.retry, maxAttempts: step.maxAttempts ?? step.retry?.maxAttempts },
    handler.retry,
  );
  const key = await followUpKey([id, ...name]);
  return {
    key,
    type: step.type,
    queue: step.queue,
    priority: step.priority,
    maxAttempts,
    timeoutMs: handler.timeoutMs,
    backoff: JSON.stringify(backoff),
    solo: isSolo(handler) ? 1 : 0,
    payload,
    payloadBytes: bytes,
    delayMs: durationMs(step.delay ?? 0),
    expireInMs: step.expireIn === undefined ? null : durationMs(step.expireIn),
    callback: callback === null ? null : await storedCallback(callback, key),
    blobs: payload.includes('"blob_') ? [...blobsIn(JSON.parse(payload)).keys()] : [],
  };
}
