import { blobsIn } from "../domain/blob.ts";
import { readCallback, storedCallback } from "../protocol/callback.ts";
import { fieldErrors } from "../protocol/field-errors.ts";
import type { ReplayRequest } from "../protocol/job-request.ts";
import { newJobId } from "../protocol/new-job-id.ts";
import { sha256 } from "../protocol/sha256.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import { ObjectGone, readObject } from "../storage/payload-objects.ts";
import type { Original } from "../storage/read-originals.ts";
import { type CheckedJob, isSolo } from "./draft-jobs.ts";
import type { Deployment } from "./enqueue-jobs.ts";

/**
 * A new job that repeats a finished one: what its caller chose is copied, what depends on its type (the timeout) is that
 * of the present handler, and its counters and times begin anew. Its payload is read, so that it gets an object of its
 * own if it is in R2: the sweep deletes an object with the job in whose row it stands.
 *
 * The blobs that the payload names are named again without a look at their age or at R2: they are there as long as the
 * original's row, and the gate stores no replay whose original is gone.
 * @throws SluiceError `unknown_type`; `not_replayable` when the handler no longer takes the payload
 */
export async function draftReplay(
  { env, registry }: Deployment,
  original: Original,
  { id = newJobId(), idempotencyKey }: ReplayRequest,
): Promise<CheckedJob> {
  const { type, queue, priority, maxAttempts, backoff } = original;
  const callback = readCallback(original.callback);
  const handler = registry.get(type);
  if (handler === undefined) throw new SluiceError("unknown_type", `There is no handler for "${type}" any more`);
  const payload = await readPayload(original, env.BLOBS);
  const value: unknown = JSON.parse(payload);
  const valid = await handler.input.safeParseAsync(value);
  if (!valid.success) {
    const errors = fieldErrors(valid.error, ["payload"]);
    const detail = `The handler of "${type}" does not take the payload: ${errors[0]?.pointer}: ${errors[0]?.detail}`;
    throw new SluiceError("not_replayable", detail, { errors });
  }
  const draft = {
    id,
    type,
    queue,
    priority,
    maxAttempts,
    timeoutMs: handler.timeoutMs,
    backoff,
    solo: isSolo(handler),
    idempotencyKey: idempotencyKey ?? null,
    requestDigest: await sha256(JSON.stringify(["replay", original.id])),
    payload: original.payload,
    payloadBytes: original.payload === null ? 0 : new TextEncoder().encode(original.payload).byteLength,
    payloadBlob: null,
    blobs: payload.includes('"blob_') ? [...blobsIn(value).keys()] : [],
    dueAt: null,
    expiresAt: null,
    // What must be unique is so for callers; who replays a job wants it again.
    uniqueKey: null,
    uniqueMs: null,
    replayOf: original.id,
    callback: callback === null ? null : await storedCallback(callback, id),
  };
  return { draft, payload };
}

async function readPayload({ id, payload, payloadBlob }: Original, blobs: R2Bucket): Promise<string> {
  if (payloadBlob === null) return payload ?? "null";
  try {
    return await readObject(blobs, payloadBlob);
  } catch (cause) {
    if (cause instanceof ObjectGone) throw new SluiceError("not_replayable", `The payload of job ${id} is gone`);
    const detail = `The payload of job ${id} cannot be read; nothing was stored`;
    throw new SluiceError("storage_unavailable", detail, { retryAfterMs: 1_000, cause });
  }
}
