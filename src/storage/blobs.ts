import type { BlobContent } from "../domain/blob.ts";

/** Where a tenant's blob is kept in R2. */
export function blobKey(tenantId: string, id: string): string {
  return `${tenantId}/blobs/${id}`;
}

/** Keeps a blob's content, which has a known length. */
export async function putBlob(
  bucket: R2Bucket,
  key: string,
  content: ReadableStream | Blob | ArrayBuffer | Uint8Array<ArrayBuffer> | string,
  contentType: string,
): Promise<R2Object> {
  return bucket.put(key, content, { httpMetadata: { contentType } });
}

/** A blob, or null when there is none. */
export async function findBlob(bucket: R2Bucket, tenantId: string, id: string): Promise<BlobContent | null> {
  const object = await bucket.get(blobKey(tenantId, id));
  return object === null ? null : { contentType: contentTypeOf(object), bytes: object.size, body: object.body };
}

export function contentTypeOf({ httpMetadata }: R2Object): string {
  return httpMetadata?.contentType ?? "application/octet-stream";
}
