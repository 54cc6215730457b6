import type { z } from "zod";
import { durationMs } from "../domain/duration.ts";
import { retryPolicy } from "../domain/retry-options.ts";
import { isSolo } from "../domain/solo.ts";
import { jobTimes } from "../domain/timing.ts";
import { storedCallback } from "../protocol/callback.ts";
import { fieldErrors, pointer } from "../protocol/field-errors.ts";
import type { JobDraft } from "../protocol/gate.ts";
import { jobRequestSchema } from "../protocol/job-request.ts";
import { newJobId } from "../protocol/new-job-id.ts";
import { sha256 } from "../protocol/sha256.ts";
import { type FieldError, invalidRequest, SluiceError } from "../protocol/sluice-error.ts";
import { INLINE_BYTES } from "../storage/payload-objects.ts";
import { type CheckedContent, type Checking, checkJob } from "./check-job.ts";
import { checkFlow, toChain } from "./draft-steps.ts";

/** A draft with its payload still in hand: the caller decides where a large one is kept. */
export interface CheckedJob {
  readonly draft: JobDraft;
  readonly payload: string;
}

/**
 * Checks what a caller sent, and resolves what depends on the job's type.
 * @param requests each with the path at which it stands in the body
 * @throws SluiceError `invalid_request` with a pointer for everything that is wrong, `unknown_type`, `payload_too_large`
 */
export async function draftJobs(
  requests: readonly { readonly value: unknown; readonly path: readonly PropertyKey[] }[],
  checking: Checking,
  schema: RequestSchema = jobRequestSchema,
): Promise<CheckedJob[]> {
  const checked = await Promise.all(requests.map(({ value, path }) => draftJob(value, path, checking, schema)));
  const errors = checked.flatMap((job) => ("errors" in job ? job.errors : []));
  const duplicates = duplicateErrors(checked, requests);
  if (errors.length + duplicates.length > 0) throw refusal([...errors, ...duplicates]);
  return checked as CheckedJob[];
}

async function draftJob(
  value: unknown,
  path: readonly PropertyKey[],
  checking: Checking,
  schema: RequestSchema,
): Promise<CheckedJob | { errors: FieldError[] }> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) return { errors: fieldErrors(parsed.error, path) };
  // Before anything is waited for: ids are in the order of the requests.
  const request = { ...parsed.data, id: parsed.data.id ?? newJobId(), payload: parsed.data.payload ?? null };
  const content = await checkJob(request, path, checking);
  if ("errors" in content) return content;
  const flow = await checkFlow(request, path, checking);
  if ("errors" in flow) return flow;
  const named = parsed.data.id !== undefined || request.idempotencyKey !== undefined;
  const draft = await toDraft(request, content, named);
  const { callback, payload } = content;
  return {
    draft: {
      ...draft,
      callback: callback && (await storedCallback(callback, draft.id)),
      next: await toChain(flow, draft.id),
    },
    payload,
  };
}

type ParsedRequest = ReturnType<typeof jobRequestSchema.parse>;
/** What a request may say: as a caller's, or less. */
type RequestSchema = z.ZodType<ParsedRequest>;

async function toDraft(
  request: ParsedRequest & { readonly id: string },
  { handler, payload, bytes }: CheckedContent,
  named: boolean,
): Promise<Omit<JobDraft, "callback">> {
  const { maxAttempts, backoff } = retryPolicy(
    { ...request.retry, maxAttempts: request.maxAttempts ?? request.retry?.maxAttempts },
    handler.retry,
  );
  const { type, queue, priority } = request;
  const inline = bytes <= INLINE_BYTES;
  const { delay, runAt, expireIn, retry, unique, callback, then, onFailure } = request;
  const options = { delay, runAt, expireIn, retry, unique, callback, then, onFailure };
  const given = Object.values(options).some((option) => option !== undefined) ? [options] : [];
  // Of what the caller sent, not of what a deployment adds: a repeated request stays the same across upgrades.
  const digested = [type, payload, queue, priority, request.maxAttempts ?? null, ...given];
  return {
    id: request.id,
    type,
    queue,
    priority,
    maxAttempts,
    timeoutMs: handler.timeoutMs,
    backoff: JSON.stringify(backoff),
    solo: isSolo(handler),
    idempotencyKey: request.idempotencyKey ?? null,
    requestDigest: named ? await sha256(JSON.stringify(digested)) : null,
    payload: inline ? payload : null,
    payloadBytes: inline ? bytes : 0,
    payloadBlob: null,
    blobs: [],
    replayOf: null,
    ...jobTimes(request, Date.now()),
    ...(await uniqueness(request, payload)),
  };
}

async function uniqueness(
  { unique, type, queue }: ParsedRequest,
  payload: string,
): Promise<Pick<JobDraft, "uniqueKey" | "uniqueMs">> {
  if (unique === undefined) return { uniqueKey: null, uniqueMs: null };
  const same = { type, payload, queue };
  // By name, and in one order: a key for types is never one for queues.
  const respects = [...new Set(unique.by)].toSorted().map((respect) => [respect, same[respect]]);
  return {
    uniqueKey: await sha256(JSON.stringify(respects)),
    uniqueMs: unique.while === "unfinished" ? null : durationMs(unique.while),
  };
}

function duplicateErrors(
  jobs: readonly (CheckedJob | { errors: FieldError[] })[],
  requests: readonly { readonly path: readonly PropertyKey[] }[],
): FieldError[] {
  const seen = new Set<string>();
  return jobs.flatMap((job, index) => {
    if ("errors" in job) return [];
    const { id, idempotencyKey } = job.draft;
    const path = requests[index]?.path ?? [];
    return [
      { field: "id", value: id, name: id },
      { field: "idempotencyKey", value: idempotencyKey, name: `key:${idempotencyKey}` },
    ].flatMap(({ field, value, name }): FieldError[] => {
      if (value === null || !seen.has(name)) {
        seen.add(name);
        return [];
      }
      return [{ pointer: pointer([...path, field]), detail: "stands twice in this batch", code: "duplicate" }];
    });
  });
}

function refusal(errors: readonly FieldError[]): SluiceError {
  if (!errors.every(({ code }) => code === "unknown_type")) return invalidRequest(errors);
  const [first] = errors;
  return new SluiceError("unknown_type", `${first?.pointer}: ${first?.detail}`, { errors });
}
