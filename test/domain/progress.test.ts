import { describe, expect, it } from "vitest";
import { toProgress } from "../../src/domain/progress.ts";

describe("progress", () => {
  it.each([0, 0.5, 1])("is a fraction: %d", (fraction) => {
    expect(toProgress(fraction)).toEqual({ fraction, message: null });
    expect(toProgress(fraction, "page 2")).toEqual({ fraction, message: "page 2" });
  });

  it("is 1 for a sum of fractions that is a little more", () => {
    expect(toProgress([0.6, 0.3, 0.1, 2e-16].reduce((sum, part) => sum + part) + 1e-12).fraction).toBe(1);
  });

  it.each([-0.1, 1.01, Number.NaN, Number.POSITIVE_INFINITY, "half" as unknown as number])("is not %s", (fraction) => {
    expect(() => toProgress(fraction)).toThrow(RangeError);
  });

  it("has a message of bounded length, that is text", () => {
    expect(toProgress(0, "x".repeat(1_000)).message).toHaveLength(200);
    expect(toProgress(0, `${"x".repeat(199)}😀`).message).toBe(`${"x".repeat(199)}\uFFFD`);
  });
});
