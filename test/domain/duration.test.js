import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { durationMs } from "../../src/domain/duration.ts";

describe("durationMs", () => {
  it.each([
    [0, 0],
    [1.5, 1500],
    ["250ms", 250],
    ["90s", 90000],
    ["0.5s", 500],
    ["5m", 300000],
    ["2h", 7200000],
    ["7d", 604800000],
  ])("reads %s as %i ms", (duration, ms) => {
    expect(durationMs(duration)).toBe(ms);
  });
  it.each([
    ["a negative number", -1],
    ["NaN", Number.NaN],
    ["infinity", Number.POSITIVE_INFINITY],
    ["seconds too many to count in milliseconds", 1e300],
    ["days too many to count in milliseconds", `${"9".repeat(400)}d`],
    ["an empty string", ""],
    ["a number without a unit", "90"],
    ["a unit without a number", "s"],
    ["an unknown unit", "3w"],
    ["a sign", "-5s"],
    ["a space", "5 s"],
    ["an exponent", "1e3s"],
    ["two durations", "1h30m"],
    ["a line break at the end", "5s\n"],
  ])("refuses %s", (_, duration) => {
    expect(() => durationMs(duration)).toThrow(RangeError);
  });
  it("is a whole number of milliseconds, within half a millisecond of what was said", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (seconds) => {
        const ms = durationMs(seconds);
        return Number.isSafeInteger(ms) && Math.abs(ms - seconds * 1000) <= 0.5;
      }),
    );
  });
  it("means the same in every unit", () => {
    fc.assert(
      fc.property(fc.nat(1000), (n) => {
        expect(durationMs(`${n}d`)).toBe(durationMs(`${n * 24}h`));
        expect(durationMs(`${n}h`)).toBe(durationMs(`${n * 60}m`));
        expect(durationMs(`${n}m`)).toBe(durationMs(`${n * 60}s`));
        expect(durationMs(`${n}s`)).toBe(durationMs(`${n * 1000}ms`));
        expect(durationMs(`${n}s`)).toBe(durationMs(n));
      }),
    );
  });
});
