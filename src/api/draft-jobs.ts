import type { Config } from "../config.ts";
import { type Callback, isReservedType } from "../domain/callback.ts";
import { durationMs } from "../domain/duration.ts";
import { type AnyHandler, isBatchHandler, type Registry } from "../domain/registry.ts";
import { retryPolicy } from "../domain/retry-options.ts";
import { jobTimes } from "../domain/timing.ts";
import { storedCallback } from "../protocol/callback.ts";
import { fieldErrors, pointer } from "../protocol/field-errors.ts";
import type { JobDraft } from "../protocol/gate.ts";
import { jobRequestSchema } from "../protocol/job-request.ts";
import { newJobId } from "../protocol/new-job-id.ts";
import { sha256 } from "../protocol/sha256.ts";
import { type FieldError, invalidRequest, SluiceError } from "../protocol/sluice-error.ts";
import { INLINE_BYTES } from "../storage/payload-objects.ts";
import { targetOrError } from "./checked-target.ts";

/** Jobs that run longer than this do not share a queue message: they would hold back those beside them. */
const SHORT_MS = 30_000;

/** A draft with its payload still in hand: the caller decides where a large one is kept. */
export interface CheckedJob {
  readonly draft: JobDraft;
  readonly payload: string;
}

interface Checking {
  readonly registry: Registry;
  readonly config: Config;
}

/**
 * Checks what a caller sent, and resolves what depends on the job's type.
 * @param requests each with the path at which it stands in the body
 * @throws SluiceError `invalid_request` with a pointer for everything that is wrong, `unknown_type`, `payload_too_large`
 */
export async function draftJobs(
  requests: readonly { readonly value: unknown; readonly path: readonly PropertyKey[] }[],
  checking: Checking,
): Promise<CheckedJob[]> {
  const checked = await Promise.all(requests.map(({ value, path }) => draftJob(value, path, checking)));
  const errors = checked.flatMap((job) => ("errors" in job ? job.errors : []));
  const duplicates = duplicateErrors(checked, requests);
  if (errors.length + duplicates.length > 0) throw refusal([...errors, ...duplicates]);
  return checked as CheckedJob[];
}

async function draftJob(
  value: unknown,
  path: readonly PropertyKey[],
  { registry, config }: Checking,
): Promise<CheckedJob | { errors: FieldError[] }> {
  const parsed = jobRequestSchema.safeParse(value);
  if (!parsed.success) return { errors: fieldErrors(parsed.error, path) };
  const request = { ...parsed.data, payload: parsed.data.payload ?? null };
  if (isReservedType(request.type)) {
    const detail = 'types that begin with "sluice." are Sluice\'s own: no caller can enqueue them';
    return { errors: [{ pointer: pointer([...path, "type"]), detail, code: "reserved_type" }] };
  }
  const handler = registry.get(request.type);
  if (handler === undefined) {
    const detail = `no handler for "${request.type}"`;
    return { errors: [{ pointer: pointer([...path, "type"]), detail, code: "unknown_type" }] };
  }
  const callback = checkCallback(request.callback, path, config);
  if (callback !== null && "code" in callback) return { errors: [callback] };
  const payload = toJson(request.payload, [...path, "payload"]);
  const valid = await handler.input.safeParseAsync(request.payload);
  if (!valid.success) return { errors: fieldErrors(valid.error, [...path, "payload"]) };
  const bytes = new TextEncoder().encode(payload).byteLength;
  if (bytes > config.maxPayloadBytes) {
    const where = pointer([...path, "payload"]);
    const detail = `${where}: the payload has ${bytes} bytes, the limit is ${config.maxPayloadBytes}`;
    throw new SluiceError("payload_too_large", detail);
  }
  const draft = await toDraft(request, handler, payload, bytes);
  return { draft: { ...draft, callback: callback && (await storedCallback(callback, draft.id)) }, payload };
}

/** A callback with its URL in the one form that it is known by; or what is wrong with the URL. */
function checkCallback(
  callback: Callback | undefined,
  path: readonly PropertyKey[],
  { allowLoopback }: Config,
): Callback | FieldError | null {
  if (callback === undefined) return null;
  const url = targetOrError(callback.url, [...path, "callback", "url"], allowLoopback);
  return typeof url === "string" ? { url, on: callback.on } : url;
}

/** @throws SluiceError when JSON cannot carry it, as a bigint or a cycle */
export function toJson(value: unknown, path: readonly PropertyKey[]): string {
  try {
    return JSON.stringify(value);
  } catch {
    throw invalidRequest([{ pointer: pointer(path), detail: "cannot be written as JSON", code: "not_json" }]);
  }
}

/** Whether jobs of this type must not share a queue message. */
export function isSolo(handler: AnyHandler): boolean {
  return handler.timeoutMs > SHORT_MS || (!isBatchHandler(handler) && handler.perBatch !== undefined);
}

type ParsedRequest = ReturnType<typeof jobRequestSchema.parse>;

async function toDraft(
  request: ParsedRequest,
  handler: AnyHandler,
  payload: string,
  bytes: number,
): Promise<Omit<JobDraft, "callback">> {
  const { maxAttempts, backoff } = retryPolicy(
    { ...request.retry, maxAttempts: request.maxAttempts ?? request.retry?.maxAttempts },
    handler.retry,
  );
  const named = request.id !== undefined || request.idempotencyKey !== undefined;
  const { type, queue, priority } = request;
  const inline = bytes <= INLINE_BYTES;
  const { delay, runAt, expireIn, retry, unique, callback } = request;
  const options = { delay, runAt, expireIn, retry, unique, callback };
  const given = Object.values(options).some((option) => option !== undefined) ? [options] : [];
  // Of what the caller sent, not of what a deployment adds: a repeated request stays the same across upgrades.
  const digested = [type, payload, queue, priority, request.maxAttempts ?? null, ...given];
  return {
    id: request.id ?? newJobId(),
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
