const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** Whether a string is a UUIDv7 in lower case (RFC 9562 §5.7), the form of every job id. */
export function isJobId(id) {
  return UUID_V7.test(id);
}
/** The time in a UUIDv7, in milliseconds since the epoch. */
export function jobIdTime(id) {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}
/** The smallest job id of a millisecond: ids made since then are not below it. */
export function firstJobIdAt(time) {
  const hex = Math.max(0, Math.floor(time)).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}
/** A job id of this time whose other bits are those of a digest: the same for the same two. */
export function derivedJobId(time, digest) {
  const hex = Math.max(0, Math.floor(time)).toString(16).padStart(12, "0");
  const variant = (8 + (Number.parseInt(digest.slice(3, 4), 16) & 3)).toString(16);
  const tail = `${variant}${digest.slice(4, 7)}-${digest.slice(7, 19)}`;
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7${digest.slice(0, 3)}-${tail}`;
}
