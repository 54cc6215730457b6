import { describe, expect, it } from "vitest";
import { percentile } from "../../bench/measure.ts";
import { Results, summarize } from "../../bench/results.ts";

const round = (of: string, n: number, rate: number) => ({ measure: "single", of, round: n, figures: { rate } });

describe("a summary", () => {
  it("is the median with the least and the most", () => {
    expect(summarize([9, 1, 5])).toEqual({ median: 5, min: 1, max: 9, rounds: 3 });
    expect(summarize([4, 1, 2, 9])).toEqual({ median: 3, min: 1, max: 9, rounds: 4 });
  });

  it("leaves out what is no figure, as JSON keeps it too", () => {
    expect(summarize([2, Number.NaN, null, undefined])).toEqual({ median: 2, min: 2, max: 2, rounds: 1 });
    expect(summarize([undefined])).toBeNull();
  });
});

describe("the results", () => {
  const results = new Results([round("a", 0, 1_000), round("a", 1, 10), round("a", 2, 30), round("b", 1, 5)]);

  it("leave the warm-up out of every summary", () => {
    expect(results.summary("single", "a", "rate")).toEqual({ median: 20, min: 10, max: 30, rounds: 2 });
  });

  it("know what the warm-up has found only as long as there is nothing else", () => {
    expect(new Results([round("a", 0, 1_000)]).known("single", "a", "rate")).toBe(1_000);
    expect(results.known("single", "a", "rate")).toBe(20);
    expect(results.known("single", "c", "rate")).toBeUndefined();
  });

  it("compare medians, and nothing with what is missing", () => {
    expect(results.ratio("single", "a", "rate", "b")).toBe(4);
    expect(results.ratio("single", "a", "rate", "c")).toBeNull();
  });
});

describe("a percentile", () => {
  it("is the nearest rank", () => {
    const values = Array.from({ length: 100 }, (_, n) => 100 - n);
    expect([0.5, 0.99, 1].map((share) => percentile(values, share))).toEqual([50, 99, 100]);
    expect(percentile([7], 0.99)).toBe(7);
    expect(percentile([], 0.5)).toBeNaN();
  });
});
