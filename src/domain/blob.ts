import { isJobId, jobIdTime } from "./id.ts";

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

/** When a blob was made, in milliseconds since the epoch. */
export function blobTime(id: string): number {
  return jobIdTime(id.slice(PREFIX.length));
}

/** A part of a JSON value, and how it is reached. */
interface Part {
  readonly value: unknown;
  readonly key: string;
  readonly parent: Part | null;
}

/** The blobs that a JSON value names, each with the path at which it does so. */
export function blobsIn(value: unknown): Map<string, readonly PropertyKey[]> {
  const found = new Map<string, readonly PropertyKey[]>();
  // Neither recursive nor with a path for each part: what a caller sends may be nested very deeply.
  const left: Part[] = [{ value, key: "", parent: null }];
  for (let part = left.pop(); part !== undefined; part = left.pop()) {
    const parent = part;
    if (typeof parent.value !== "object" || parent.value === null) continue;
    for (const [key, child] of Object.entries(parent.value)) {
      if (key === "blob" && isBlobId(child)) found.set(child, pathOf({ value: child, key, parent }));
      else left.push({ value: child, key, parent });
    }
  }
  return found;
}

function pathOf(part: Part): string[] {
  const path: string[] = [];
  for (let at = part; at.parent !== null; at = at.parent) path.push(at.key);
  return path.toReversed();
}

/**
 * A job may name a blob for this long after it was made: 24 hours. What no job names by then is never named again, and
 * can be swept without asking anybody.
 */
export const BLOB_USABLE_MS = 86_400_000;

/** Until when a job may name a blob, in milliseconds since the epoch. */
export function usableUntil(blobId: string): number {
  return blobTime(blobId) + BLOB_USABLE_MS;
}
