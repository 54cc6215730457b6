/** A payload or result of more bytes than this is kept in R2, and its key in the job's row. */
export const INLINE_BYTES = 32_768;

const JSON_CONTENT = { httpMetadata: { contentType: "application/json" } } as const;

/**
 * Stores a payload; returns its key. The key is new with every call: a caller that repeats an id cannot overwrite the
 * payload of the job that has it.
 */
export async function putPayload(blobs: R2Bucket, tenantId: string, jobId: string, json: string): Promise<string> {
  const key = `${tenantId}/${jobId}/payload-${crypto.randomUUID()}`;
  await blobs.put(key, json, JSON_CONTENT);
  return key;
}

/** Stores an attempt's result; returns its key. Another attempt's result has another key. */
export async function putResult(
  blobs: R2Bucket,
  job: { readonly tenantId: string; readonly id: string; readonly attempt: number },
  json: string,
): Promise<string> {
  const key = `${job.tenantId}/${job.id}/result-${job.attempt}`;
  await blobs.put(key, json, JSON_CONTENT);
  return key;
}

/** A payload or a result is not where its job's row says. */
export class ObjectGone extends Error {
  override readonly name = "ObjectGone";
}

/** @throws ObjectGone */
export async function readObject(blobs: R2Bucket, key: string): Promise<string> {
  const object = await blobs.get(key);
  if (object === null) throw new ObjectGone(`the object ${key} is gone`);
  return object.text();
}
