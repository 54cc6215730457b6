import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromDer } from "../../../src/inbound/der-signature.ts";

/** A positive integer's bytes as DER has it: without zeros before it, but for one that keeps it positive. */
function derInteger(bytes: Uint8Array): number[] {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first === -1 ? [0] : [...bytes.subarray(first)];
  const value = (digits[0] ?? 0) > 0x7f ? [0, ...digits] : digits;
  return [0x02, value.length, ...value];
}

const numbers = (size: number) =>
  fc
    .tuple(fc.nat(size), fc.uint8Array({ minLength: size, maxLength: size }))
    .map(([zeros, bytes]) => bytes.fill(0, 0, zeros));

describe("a DER signature", () => {
  it("becomes r and s at the curve's size, however short they are", () => {
    for (const size of [32, 48]) {
      fc.assert(
        fc.property(numbers(size), numbers(size), (r, s) => {
          const integers = [...derInteger(r), ...derInteger(s)];
          const der = Uint8Array.from([0x30, integers.length, ...integers]);
          expect(fromDer(der, size)).toEqual(Uint8Array.from([...r, ...s]));
          expect(fromDer(Uint8Array.from([...der, 0]), size)).toBeNull();
          expect(fromDer(der.subarray(0, -1), size)).toBeNull();
        }),
      );
    }
  });

  it("is refused in any other form", () => {
    const refused = [
      [],
      [0x30],
      [0x30, 0],
      [0x30, 3, 0x02, 1, 1],
      [0x30, 6, 0x02, 1, 1, 0x03, 1, 1],
      [0x30, 6, 0x02, 1, 0x80, 0x02, 1, 1], // negative
      [0x30, 7, 0x02, 2, 0, 1, 0x02, 1, 1], // padded
      [0x30, 5, 0x02, 0, 0x02, 1, 1], // empty
      [0x30, 6, 0x02, 9, 1, 0x02, 1, 1], // past its end
      [0x30, 0x81, 6, 0x02, 1, 1, 0x02, 1, 1], // long length
      [0x30, 38, 0x02, 33, ...Array(33).fill(1), 0x02, 1, 1], // longer than the curve's order
    ];
    for (const bytes of refused) expect(fromDer(Uint8Array.from(bytes), 32)).toBeNull();
    expect(fromDer(Uint8Array.from([0x30, 6, 0x02, 1, 1, 0x02, 1, 2]), 32)).toHaveLength(64);
  });

  it("is none in random bytes, and never throws", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 150 }), (bytes) => (fromDer(bytes, 32)?.length ?? 64) === 64));
  });
});
