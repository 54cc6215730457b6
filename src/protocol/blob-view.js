import { blobTime, usableUntil } from "../domain/blob.ts";
export function blobView(id, contentType, bytes) {
  return {
    id,
    contentType,
    bytes,
    createdAt: new Date(blobTime(id)).toISOString(),
    usableUntil: new Date(usableUntil(id)).toISOString(),
  };
}
