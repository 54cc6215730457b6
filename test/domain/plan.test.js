import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MOST_JOBS_PER_PLAN, planAllowance } from "../../src/domain/plan.ts";

const MINUTE = 60000;
describe("planAllowance", () => {
  it("is a minute's worth at first, and then so many a second", () => {
    const plan = { perSecond: 10, confirmedAt: 0 };
    expect(planAllowance({ ...plan, passed: 0 }, 0)).toBe(600);
    expect(planAllowance({ ...plan, passed: 600 }, 0)).toBe(0);
    expect(planAllowance({ ...plan, passed: 600 }, 5000)).toBe(50);
    expect(planAllowance({ ...plan, passed: 600 }, MINUTE)).toBe(600);
  });
  it("makes up for what was missed by a minute's worth at a time", () => {
    expect(planAllowance({ perSecond: 10, confirmedAt: 0, passed: 0 }, 60 * MINUTE)).toBe(600);
  });
  it("ends where a plan takes no more jobs", () => {
    const plan = { perSecond: 100, confirmedAt: 0, passed: MOST_JOBS_PER_PLAN - 1 };
    expect(planAllowance(plan, 1e9)).toBe(1);
    expect(planAllowance({ ...plan, passed: MOST_JOBS_PER_PLAN }, 1e9)).toBe(0);
  });
  it("never lets a plan take more than its rate and one minute's worth, whenever it is carried on", () => {
    const perSecond = fc.integer({ min: 1, max: 100 });
    const pauses = fc.array(fc.integer({ min: 0, max: 5 * MINUTE }), { maxLength: 30 });
    fc.assert(
      fc.property(perSecond, pauses, (perSecond, pauses) => {
        let now = 0;
        let passed = 0;
        for (const pause of pauses) {
          now += pause;
          const allowed = planAllowance({ perSecond, confirmedAt: 0, passed }, now);
          expect(allowed).toBeGreaterThanOrEqual(0);
          expect(allowed).toBeLessThanOrEqual(perSecond * 60);
          passed += allowed;
          expect(passed).toBeLessThanOrEqual((perSecond * now) / 1000 + perSecond * 60);
        }
      }),
    );
  });
});
