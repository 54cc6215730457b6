import { describe, expect, it } from "vitest";
import { briefAge, briefDuration, briefRate } from "../../../src/dashboard/model/brief.ts";
import { countOf, countText } from "../../../src/dashboard/model/counted.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

describe("durations", () => {
  it.each([
    [0, "0 ms"],
    [850, "850 ms"],
    [1_250, "1.2 s"],
    [42 * SECOND, "42 s"],
    [3 * MINUTE + 59_999, "3 min"],
    [2 * HOUR, "2 h"],
    [2 * HOUR + 5 * MINUTE, "2 h 5 min"],
    [76 * HOUR, "3 d 4 h"],
    [-5, "0 ms"],
  ])("of %i ms are %s", (ms, text) => {
    expect(briefDuration(ms)).toBe(text);
  });

  it.each([
    [999, "now"],
    [3_900, "3 s"],
    [61 * SECOND, "1 min"],
  ])("as ages are told to the second: %i ms are %s", (ms, text) => {
    expect(briefAge(ms)).toBe(text);
  });

  it.each([
    [{ limit: 10, period: 1 }, "10 per second"],
    [{ limit: 1_000, period: 3_600 }, "1,000 per hour"],
    [{ limit: 5, period: 300 }, "5 per 5 min"],
    [{ limit: 1, period: 0.5 }, "1 per 500 ms"],
  ])("of rates are named: %o", (rate, text) => {
    expect(briefRate(rate)).toBe(text);
  });
});

describe("counts", () => {
  it("say when there may be more", () => {
    expect(countText({ count: 1_234, atLeast: false })).toBe("1,234");
    expect(countText({ count: 100, atLeast: true })).toBe("100+");
  });

  it("name what they count, one or several", () => {
    expect(countOf({ count: 1, atLeast: false }, "failed job")).toBe("1 failed job");
    expect(countOf({ count: 37, atLeast: false }, "failed job")).toBe("37 failed jobs");
    expect(countOf({ count: 1, atLeast: true }, "job is", "jobs are")).toBe("1+ jobs are");
  });
});
