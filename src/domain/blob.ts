import { isJobId } from "./id.ts";

const PREFIX = "blob_";

/** How a payload or a result names a blob: any object in it with this field. */
export interface BlobRef {
  readonly blob: string;
}

/** A blob's bytes and what is known of them. */
export interface BlobContent {
  readonly contentType: string;
  readonly bytes: number;
  readonly body: ReadableStream<Uint8Array>;
}

/** Content to keep: whatever can be sent as it is, of a known length. */
export type BlobInput = string | ArrayBuffer | Uint8Array<ArrayBuffer> | Blob;

/** The blobs of a job's tenant, as its handler sees them. */
export interface JobBlobs {
  /** @throws FatalError when there is no such blob */
  get(ref: BlobRef): Promise<BlobContent>;
  /** Keeps content for as long as the job, provided that the result names it; otherwise it is swept. */
  put(content: BlobInput, options: { readonly contentType: string }): Promise<BlobRef>;
}

/** A UUIDv7 as the id of a blob, so that an id in a payload cannot be mistaken for anything else. */
export function toBlobId(uuid: string): string {
  return PREFIX + uuid;
}

export function isBlobId(value: unknown): value is string {
  return typeof value === "string" && value.startsWith(PREFIX) && isJobId(value.slice(PREFIX.length));
}

/** The UUIDv7 in a blob's id: it tells when the blob was made. */
export function blobUuid(id: string): string {
  return id.slice(PREFIX.length);
}

/** The blobs that a JSON value names, each with the path at which it does so first. */
export function blobsIn(value: unknown): Map<string, readonly PropertyKey[]> {
  const found = new Map<string, readonly PropertyKey[]>();
  // Not recursive: what a caller sends may be nested deeper than the stack.
  const left: { readonly part: unknown; readonly path: readonly PropertyKey[] }[] = [{ part: value, path: [] }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { part, path } = next;
    if (typeof part !== "object" || part === null) continue;
    for (const [key, child] of Object.entries(part)) {
      const at = [...path, key];
      if (key === "blob" && isBlobId(child)) found.set(child, at);
      else left.push({ part: child, path: at });
    }
  }
  return found;
}
