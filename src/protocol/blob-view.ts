import { blobTime, usableUntil } from "../domain/blob.ts";

/** A blob as callers see it. A payload names it as `{ "blob": id }`. */
export interface BlobView {
  readonly id: string;
  readonly contentType: string;
  readonly bytes: number;
  readonly createdAt: string;
  /** Jobs enqueued until then may name it; it is then kept for as long as any of them. */
  readonly usableUntil: string;
}

export function blobView(id: string, contentType: string, bytes: number): BlobView {
  return {
    id,
    contentType,
    bytes,
    createdAt: new Date(blobTime(id)).toISOString(),
    usableUntil: new Date(usableUntil(id)).toISOString(),
  };
}
