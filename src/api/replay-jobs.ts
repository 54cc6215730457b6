import { blobsIn } from "../domain/blob.ts";
import { isSolo } from "../domain/solo.ts";
import { utf8Bytes } from "../domain/utf8-bytes.ts";
import type { CheckedJob } from "../drafts/draft-jobs.ts";
import { readCallback, storedCallback } from "../protocol/callback.ts";
import { readChain, repeatedChain } from "../protocol/chain.ts";
import { fieldErrors } from "../protocol/field-errors.ts";
import type { ReplayRequest } from "../protocol/job-request.ts";
import { newJobId } from "../protocol/new-job-id.ts";
import { sha256 } from "../protocol/sha256.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import { ObjectGone, readObject } from "../storage/payload-objects.ts";
import type { Original } from "../storage/read-originals.ts";
import type { Deployment } from "./deployment.ts";

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
  const next = await repeatedChain(original.next, id);
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
    payloadBytes: bytesOf(original.payload) + bytesOf(original.previous),
    payloadBlob: null,
    blobs: await blobsOf(original, payload, env.BLOBS),
    dueAt: null,
    expiresAt: null,
    // What must be unique is so for callers; who replays a job wants it again.
    uniqueKey: null,
    uniqueMs: null,
    replayOf: original.id,
    callback: callback === null ? null : await storedCallback(callback, id),
    next,
    // It is no member of its original's group, which does not wait for it.
    previous: original.previous,
    previousBlob: original.previousBlob,
  };
  return { draft, payload };
}

/** All blobs that the original has named: in its payload, in what came before it, and in what follows on it. */
async function blobsOf({ next, previous, ...original }: Original, payload: string, blobs: R2Bucket): Promise<string[]> {
  const large = { ...original, payload: previous, payloadBlob: original.previousBlob };
  const before = original.previousBlob === null ? previous : await readPayload(large, blobs);
  const chain = readChain(next);
  const steps = [...(chain?.steps ?? []), ...(chain?.onFailure ? [chain.onFailure] : [])];
  const named = [payload, before ?? ""].flatMap((json) =>
    json.includes('"blob_') ? [...blobsIn(JSON.parse(json)).keys()] : [],
  );
  return [...new Set([...named, ...steps.flatMap((step) => step.blobs)])];
}

async function readPayload(
  { id, payload, payloadBlob }: Pick<Original, "id" | "payload" | "payloadBlob">,
  blobs: R2Bucket,
): Promise<string> {
  if (payloadBlob === null) return payload ?? "null";
  try {
    return await readObject(blobs, payloadBlob);
  } catch (cause) {
    if (cause instanceof ObjectGone) throw new SluiceError("not_replayable", `The payload of job ${id} is gone`);
    const detail = `The payload of job ${id} cannot be read; nothing was stored`;
    throw new SluiceError("storage_unavailable", detail, { retryAfterMs: 1_000, cause });
  }
}

function bytesOf(text: string | null): number {
  return text === null ? 0 : utf8Bytes(text);
}
