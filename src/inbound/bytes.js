import { sha256Of } from "../protocol/sha256.ts";
/** The UTF-8 of a text. */
export function utf8(text) {
  return new Uint8Array(new TextEncoder().encode(text));
}
/** The text of what is UTF-8, with a byte order mark if it has one; null otherwise. */
export function textOf(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
/** Bytes one after the other. */
export function joined(parts) {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
/** Whether two are the same, in a time that tells nothing of where they differ: their digests are compared. */
export async function areEqual(one, other) {
  const [left, right] = await Promise.all([sha256Of(one), sha256Of(other)]);
  return left.reduce((difference, byte, at) => difference | (byte ^ (right[at] ?? 0)), 0) === 0;
}
