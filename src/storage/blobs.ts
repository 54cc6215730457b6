import { type BlobContent, toBlobId } from "../domain/blob.ts";
import { newJobId } from "../protocol/new-job-id.ts";

/** What can be kept: content of a known length. */
export type Keepable = ReadableStream | Blob | ArrayBuffer | Uint8Array<ArrayBuffer> | string;

/** Keeps content in R2; returns the id of the blob that it is from now on. */
export async function keepBlob(
  bucket: R2Bucket,
  tenantId: string,
  content: Keepable,
  contentType: string,
): Promise<string> {
  const id = toBlobId(newJobId());
  await bucket.put(keyOf(tenantId, id), content, { httpMetadata: { contentType } });
  return id;
}

export async function hasBlob(bucket: R2Bucket, tenantId: string, id: string): Promise<boolean> {
  return (await bucket.head(keyOf(tenantId, id))) !== null;
}

/** A blob's content, or null when there is none. */
export async function findBlob(bucket: R2Bucket, tenantId: string, id: string): Promise<BlobContent | null> {
  const object = await bucket.get(keyOf(tenantId, id));
  return object === null ? null : { contentType: contentTypeOf(object), bytes: object.size, body: object.body };
}

/** A blob as an HTTP request asks for it: its `Range` and conditional headers hold. Null when there is none. */
export async function requestBlob(
  bucket: R2Bucket,
  tenantId: string,
  id: string,
  headers: Headers,
): Promise<R2ObjectBody | R2Object | null> {
  return bucket.get(keyOf(tenantId, id), { range: headers, onlyIf: headers });
}

export function contentTypeOf({ httpMetadata }: R2Object): string {
  return httpMetadata?.contentType ?? "application/octet-stream";
}

function keyOf(tenantId: string, id: string): string {
  return `${tenantId}/blobs/${id}`;
}
