import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MISSED_AFTER_MS, planTick } from "../../src/domain/schedule.ts";

const at = (time) => Date.parse(`2026-11-21T${time}Z`);
const due = (overrides = {}) => ({
  cron: "*/10 * * * *",
  timezone: "UTC",
  missed: "skip",
  nextAt: at("12:00:00"),
  ...overrides,
});
describe("planTick", () => {
  it.each(["skip", "runOnce"])("runs a tick that is up to a minute late, and goes on with the next (%s)", (missed) => {
    for (const now of [at("12:00:00"), at("12:00:03.500"), at("12:01:00")]) {
      expect(planTick(due({ missed }), now)).toEqual({ tick: at("12:00:00"), nextAt: at("12:10:00"), missed: null });
    }
  });
  it("goes on with the next tick after those that were missed", () => {
    const plan = planTick(due(), at("12:35:00"));
    expect(plan).toMatchObject({ tick: null, nextAt: at("12:40:00"), missed: { from: at("12:00:00") } });
  });
  it("runs the latest of those that were missed, if asked to", () => {
    expect(planTick(due({ missed: "runOnce" }), at("12:35:00"))).toMatchObject({
      tick: at("12:30:00"),
      nextAt: at("12:40:00"),
    });
    expect(planTick(due({ missed: "runOnce" }), at("12:01:00.001"))).toMatchObject({ tick: at("12:00:00") });
  });
  it("still runs a tick that has just come, after those that were missed", () => {
    expect(planTick(due(), at("12:30:05"))).toMatchObject({ tick: null, nextAt: at("12:30:00") });
    expect(planTick(due({ missed: "runOnce" }), at("12:30:05"))).toMatchObject({
      tick: at("12:20:00"),
      nextAt: at("12:30:00"),
    });
  });
  it("runs each tick of the last minute, and no other, wherever it begins: each once, in order", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(
          { cron: "* * * * * *", matches: () => true },
          { cron: "*/7 * * * * *", matches: (second) => (second % 60) % 7 === 0 },
          { cron: "*/20 * * * * *", matches: (second) => second % 20 === 0 },
          { cron: "0 * * * * *", matches: (second) => second % 60 === 0 },
          { cron: "0 */3 * * * *", matches: (second) => second % 180 === 0 },
        ),
        fc.constantFrom("skip", "runOnce"),
        fc.integer({ min: 0, max: 600000 }),
        ({ cron, matches }, missed, late) => {
          const first = at("12:00:00");
          const now = first + late;
          const all = [];
          for (let time = first; time <= now; time += 1000) if (matches((time - first) / 1000)) all.push(time);
          const inTime = all.filter((tick) => tick >= now - MISSED_AFTER_MS);
          const missedTicks = all.filter((tick) => tick < now - MISSED_AFTER_MS);
          const expected = [...(missed === "runOnce" ? missedTicks.slice(-1) : []), ...inTime];
          const ran = [];
          let nextAt = first;
          while (nextAt !== null && nextAt <= now) {
            const plan = planTick({ cron, timezone: "UTC", missed, nextAt }, now);
            if (plan.tick !== null) ran.push(plan.tick);
            expect(plan.nextAt).toBeGreaterThan(nextAt);
            nextAt = plan.nextAt;
          }
          expect(ran).toEqual(expected);
        },
      ),
      { numRuns: 100 },
    );
  });
});
