import { describe, expect, it } from "vitest";
import { durationText } from "../../src/cli/duration-text.ts";
import { printable, printableLine } from "../../src/cli/printable.ts";

describe("a duration for people", () => {
  it.each([
    [-5, "0 ms"],
    [0.4, "0 ms"],
    [999, "999 ms"],
    [1000, "1.0 s"],
    [9999, "9.9 s"],
    [10000, "10 s"],
    [59999, "59 s"],
    [60000, "1 min"],
    [3599999, "59 min"],
    [3600000, "1 h"],
    [86400000, "1 d"],
    [864000000, "10 d"],
  ])("of %d ms is %s", (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});
describe("somebody else's text", () => {
  it("cannot move the cursor, change colours or ring the bell", () => {
    expect(printable("a\u001b[2Jb\u009b31mc\u0007d\r\ne")).toBe("abc d \ne");
  });
  it("is one line, cut where it is too long", () => {
    expect(printableLine("  several\n lines\tof text ", 14)).toBe("several lines…");
    expect(printableLine("short", 14)).toBe("short");
  });
});
