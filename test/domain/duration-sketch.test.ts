import { DDSketch } from "@datadog/sketches-js";
import { array, assert, double, nat, oneof, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { DurationSketch, SKETCH_ERROR } from "../../src/domain/duration-sketch.ts";

const YEAR = 365 * 86_400_000;
const durations = array(oneof(nat(100), nat(60_000), double({ min: 1, max: YEAR, noNaN: true })), {
  minLength: 1,
  maxLength: 300,
});
const share = double({ min: 0, max: 1, noNaN: true });

function sketchOf(values: readonly number[]): DurationSketch {
  const sketch = new DurationSketch();
  for (const value of values) sketch.add(value);
  return sketch;
}

/** The true value, by the rank that the paper gives. */
function trueQuantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(q * (sorted.length - 1))] ?? Number.NaN;
}

describe("a sketch of durations", () => {
  it("tells any percentile within its error", () => {
    assert(
      property(durations, share, (values, q) => {
        const truth = trueQuantile(values, q);
        const told = sketchOf(values).quantile(q) ?? Number.NaN;
        if (truth < 1) expect(told).toBe(0);
        else expect(Math.abs(told - truth) / truth).toBeLessThanOrEqual(SKETCH_ERROR + 1e-9);
      }),
    );
  });

  it("tells the same as the reference implementation", () => {
    assert(
      property(durations, share, (values, q) => {
        const whole = values.map((value) => Math.ceil(value));
        const reference = new DDSketch({ relativeAccuracy: SKETCH_ERROR });
        for (const value of whole) reference.accept(value);
        const told = sketchOf(whole).quantile(q) ?? Number.NaN;
        expect((told + 1) / (reference.getValueAtQuantile(q) + 1)).toBeCloseTo(1, 9);
      }),
    );
  });

  it("is the same whether it was added up from parts or made at once", () => {
    assert(
      property(durations, durations, (first, second) => {
        const merged = sketchOf(first);
        merged.merge(sketchOf(second).pack());
        expect(merged.pack()).toEqual(sketchOf([...first, ...second]).pack());
        expect(merged.count).toBe(first.length + second.length);
      }),
    );
  });

  it("stays small, whatever durations there are", () => {
    const sketch = new DurationSketch();
    for (let ms = 0; ms < 100 * YEAR; ms = ms * 1.01 + 0.1) sketch.add(ms);
    expect(sketch.pack().length / 2).toBeLessThanOrEqual(663);
    expect(sketch.quantile(1)).toBeGreaterThan(9.8 * YEAR);
  });

  it("takes what is below a millisecond, or no duration at all, for none", () => {
    expect(sketchOf([0, -5, Number.NaN, 0.4]).pack()).toEqual([-1, 4]);
    expect(new DurationSketch().quantile(0.5)).toBeNull();
  });
});
