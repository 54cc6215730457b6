import pLimit from "p-limit";
import { blobsIn, usableUntil } from "../domain/blob.ts";
import { pointer } from "../protocol/field-errors.ts";
import { type FieldError, invalidRequest, SluiceError } from "../protocol/sluice-error.ts";
import { hasBlob } from "../storage/blobs.ts";

/** Different blobs that the jobs of one request may name. */
const MOST_BLOBS = 100;
/** Connections that wait for an answer, as many as a Worker may have. */
const LOOKUPS_AT_ONCE = 6;

/** A payload, and the path at which it stands in the body. */
export interface PayloadAt {
  readonly payload: unknown;
  readonly path: readonly PropertyKey[];
}

/**
 * The blobs that each payload names, in the same order.
 * @throws SluiceError `invalid_request` with a pointer to each blob that is not there or can no longer be used;
 *   `storage_unavailable` when they cannot be looked up. Nothing has been stored by then.
 */
export async function checkBlobs(
  payloads: readonly PayloadAt[],
  bucket: R2Bucket,
  tenantId: string,
): Promise<readonly (readonly string[])[]> {
  const named = payloads.map(({ payload }) => blobsIn(payload));
  const places = new Map<string, string>();
  for (const [index, blobs] of named.entries()) {
    const base = payloads[index]?.path ?? [];
    for (const [id, path] of blobs) if (!places.has(id)) places.set(id, pointer([...base, ...path]));
  }
  if (places.size > MOST_BLOBS) {
    const detail = `${places.size} blobs at once, at most ${MOST_BLOBS}`;
    throw invalidRequest([{ pointer: [...places.values()][MOST_BLOBS] ?? "#", detail, code: "too_many_blobs" }]);
  }
  const checked = await lookUp([...places], bucket, tenantId);
  const errors = checked.filter((error) => error !== null);
  if (errors.length > 0) throw invalidRequest(errors);
  return named.map((blobs) => [...blobs.keys()]);
}

async function lookUp(
  places: readonly (readonly [id: string, pointer: string])[],
  bucket: R2Bucket,
  tenantId: string,
): Promise<(FieldError | null)[]> {
  try {
    return await pLimit(LOOKUPS_AT_ONCE).map(places, async ([id, pointer]) => {
      if (usableUntil(id) < Date.now()) {
        return { pointer, detail: `${id} was made over 24 hours ago: upload it again`, code: "blob_expired" };
      }
      if (await hasBlob(bucket, tenantId, id)) return null;
      return { pointer, detail: `there is no blob ${id}`, code: "blob_not_found" };
    });
  } catch (cause) {
    const detail = "The blobs of the request cannot be looked up; nothing was stored";
    throw new SluiceError("storage_unavailable", detail, { retryAfterMs: 1_000, cause });
  }
}
