import { type Bytes, joined } from "./bytes.ts";

const SEQUENCE = 0x30;
const INTEGER = 0x02;

/**
 * An ECDSA signature as WebCrypto takes it (r and s, each as long as the curve's order) from its DER form
 * (RFC 3279 §2.2.3: a sequence of two integers). Only the one DER form of a signature is taken (X.690 §8.3, §10.1).
 * @param size bytes of the curve's order
 * @returns null when it is none
 */
export function fromDer(signature: Uint8Array, size: number): Bytes | null {
  // Below 128 a length is one byte, which is enough for every curve that is offered.
  if (signature[0] !== SEQUENCE || signature.length > 129 || signature[1] !== signature.length - 2) return null;
  const r = integerAt(signature, 2, size);
  if (r === null) return null;
  const s = integerAt(signature, r.end, size);
  return s !== null && s.end === signature.length ? joined([r.bytes, s.bytes]) : null;
}

/** The positive integer that begins there, with zeros before it up to the size. */
function integerAt(signature: Uint8Array, at: number, size: number): { bytes: Bytes; end: number } | null {
  const length = signature[at + 1] ?? 0;
  const end = at + 2 + length;
  if (signature[at] !== INTEGER || length === 0 || end > signature.length) return null;
  const [first = 0, second = 0] = signature.subarray(at + 2, end);
  const isPadded = length > 1 && first === 0;
  if (first > 0x7f || (isPadded && second <= 0x7f)) return null;
  const digits = signature.subarray(at + (isPadded ? 3 : 2), end);
  if (digits.length > size) return null;
  return { bytes: joined([new Uint8Array(size - digits.length), digits]), end };
}
