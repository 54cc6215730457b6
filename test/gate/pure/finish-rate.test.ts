import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FinishRate } from "../../../src/gate/finish-rate.ts";

const START = 1_700_000_000_000;

describe("FinishRate", () => {
  it("is nothing before anything has finished", () => {
    expect(new FinishRate().perSecond(START)).toBe(0);
  });

  it("is the mean of the last ten seconds", () => {
    const rate = new FinishRate();
    for (let second = 0; second < 10; second++) rate.record(100, START + second * 1_000);
    expect(rate.perSecond(START + 9_999)).toBe(100);
  });

  it("forgets what is ten seconds old", () => {
    const rate = new FinishRate();
    rate.record(50, START);
    rate.record(30, START + 1_000);
    expect(rate.perSecond(START + 9_000)).toBe(8);
    expect(rate.perSecond(START + 10_000)).toBe(3);
    expect(rate.perSecond(START + 11_000)).toBe(0);
  });

  it("forgets everything over a long pause, and counts on after it", () => {
    const rate = new FinishRate();
    rate.record(50, START);
    rate.record(20, START + 3_600_000);
    expect(rate.perSecond(START + 3_600_000)).toBe(2);
  });

  it("counts what finishes while the clock is set back", () => {
    const rate = new FinishRate();
    rate.record(50, START);
    rate.record(50, START - 60_000);
    expect(rate.perSecond(START)).toBe(10);
  });

  it("is a tenth of what was recorded in this second and the nine before it", () => {
    const record = fc.record({ count: fc.nat(1_000), after: fc.nat(15_000) });
    fc.assert(
      fc.property(fc.array(record), fc.nat(15_000), (records, after) => {
        const rate = new FinishRate();
        const all: { count: number; second: number }[] = [];
        let now = START;
        for (const one of records) {
          now += one.after;
          rate.record(one.count, now);
          all.push({ count: one.count, second: Math.floor(now / 1_000) });
        }
        now += after;
        const since = Math.floor(now / 1_000) - 10;
        const recent = all.filter(({ second }) => second > since).reduce((sum, { count }) => sum + count, 0);
        expect(rate.perSecond(now)).toBe(recent / 10);
      }),
    );
  });
});
