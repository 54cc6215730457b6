import { describe, expect, it } from "vitest";
import { measuredText } from "../../src/domain/alert-text.ts";

describe("what an alert measures, for people", () => {
  it.each([
    [0, "0 s"],
    [0.4, "0 s"],
    [90, "1 min 30 s"],
    [300, "5 min"],
    [5_400, "1 h 30 min"],
    [2_592_000, "720 h"],
  ])("is to the second of an age: %d is %s", (value, text) => {
    expect(measuredText("oldest_due_age", value)).toBe(text);
  });

  it.each([
    [0.07, "7 %"],
    [0.125, "12.5 %"],
    [0.001, "0.1 %"],
    [1 / 3, "33.33 %"],
    [1, "100 %"],
  ])("is in percent of a share: %d is %s", (value, text) => {
    expect(measuredText("failure_ratio", value)).toBe(text);
  });
});
