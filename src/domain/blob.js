import { isJobId, jobIdTime } from "./id.ts";

const PREFIX = "blob_";
/** A UUIDv7 as the id of a blob, so that an id in a payload cannot be mistaken for anything else. */
export function toBlobId(uuid) {
  return PREFIX + uuid;
}
export function isBlobId(value) {
  return typeof value === "string" && value.startsWith(PREFIX) && isJobId(value.slice(PREFIX.length));
}
/** When a blob was made, in milliseconds since the epoch. */
export function blobTime(id) {
  return jobIdTime(id.slice(PREFIX.length));
}
/** The blobs that a JSON value names, each with the path at which it does so. */
export function blobsIn(value) {
  const found = new Map();
  // Neither recursive nor with a path for each part: what a caller sends may be nested very deeply.
  const left = [{ value, key: "", parent: null }];
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
function pathOf(part) {
  const path = [];
  for (let at = part; at.parent !== null; at = at.parent) path.push(at.key);
  return path.toReversed();
}
/**
 * A job may name a blob for this long after it was made: 24 hours. What no job names by then is never named again, and
 * can be swept without asking anybody.
 */
export const BLOB_USABLE_MS = 86400000;
/** Until when a job may name a blob, in milliseconds since the epoch. */
export function usableUntil(blobId) {
  return blobTime(blobId) + BLOB_USABLE_MS;
}
