import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AlertState, judge, RECOVERED_SHARE } from "../../src/domain/alert.ts";

const rule = (state: AlertState, minEvents: number | null = 10) => ({ state, threshold: 0.5, minEvents });

describe("an alert", () => {
  it.each([
    ["fires at its threshold", "ok", 0.5, 10, "firing"],
    ["does not fire below it", "ok", 0.49, 1_000, "ok"],
    ["does not fire for fewer events than it asks for", "ok", 1, 9, "ok"],
    ["goes on firing between the threshold and where it recovers", "firing", 0.41, 10, "firing"],
    ["goes on firing for few events, as long as they are as bad", "firing", 1, 1, "firing"],
    ["has recovered below 80 % of its threshold", "firing", 0.39, 10, "ok"],
    ["has recovered by a single event that says so", "firing", 0, 1, "ok"],
    ["has recovered when nothing happens any more", "firing", null, 0, "ok"],
    ["does not fire when nothing happens", "ok", null, 0, "ok"],
  ] as const)("%s", (_, state, value, events, expected) => {
    expect(judge(rule(state), { value, events })).toBe(expected);
  });

  it("of an age asks for no number of events", () => {
    expect(judge({ state: "ok", threshold: 300, minEvents: null }, { value: 300, events: null })).toBe("firing");
    expect(judge({ state: "firing", threshold: 300, minEvents: null }, { value: 0, events: null })).toBe("ok");
  });

  it("never changes twice for values that stay between its threshold and where it recovers", () => {
    const values = fc.array(fc.double({ min: 0.5 * RECOVERED_SHARE, max: 0.5, maxExcluded: true, noNaN: true }));
    const property = fc.property(fc.constantFrom<AlertState>("ok", "firing"), values, (begun, seen) => {
      let state = begun;
      for (const value of seen) state = judge(rule(state), { value, events: 100 });
      expect(state).toBe(begun);
    });
    fc.assert(property);
  });
});
