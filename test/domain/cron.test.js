import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cronProblem, lastTick, nextTick, nextTicks, timezoneProblem } from "../../src/domain/cron.ts";

const BERLIN = "Europe/Berlin";
const NEW_YORK = "America/New_York";
const iso = (times) => times.map((time) => new Date(time).toISOString().replace(":00.000Z", "Z"));
const ticks = (cron, timezone, after, count = 3) => iso(nextTicks(cron, timezone, Date.parse(after), count));
describe("nextTick", () => {
  it("knows minutes, and seconds as the first of six fields", () => {
    const after = Date.parse("2026-11-21T05:30:10.250Z");
    expect(nextTick("* * * * *", "UTC", after)).toBe(Date.parse("2026-11-21T05:31:00Z"));
    expect(nextTick("* * * * * *", "UTC", after)).toBe(Date.parse("2026-11-21T05:30:11Z"));
    expect(nextTick("*/15 0 9 * * MON-FRI", "UTC", after)).toBe(Date.parse("2026-11-23T09:00:00Z"));
  });
  it("reads its fields in the timezone", () => {
    expect(ticks("0 9 * * *", NEW_YORK, "2026-01-15T00:00:00Z", 1)).toEqual(["2026-01-15T14:00Z"]);
    expect(ticks("0 9 * * *", NEW_YORK, "2026-07-15T00:00:00Z", 1)).toEqual(["2026-07-15T13:00Z"]);
    expect(ticks("0 9 * * *", "Asia/Kathmandu", "2026-07-15T00:00:00Z", 1)).toEqual(["2026-07-15T03:15Z"]);
  });
  it("is null when no tick ever comes", () => {
    expect(nextTick("0 0 30 2 *", "UTC", 0)).toBeNull();
    expect(nextTicks("0 0 30 2 *", "UTC", 0, 5)).toEqual([]);
  });
  it("finds a tick that is years away", () => {
    expect(ticks("0 0 29 2 *", "UTC", "2096-03-01T00:00:00Z", 1)).toEqual(["2104-02-29T00:00Z"]);
  });
});
describe("in the hour that does not exist", () => {
  it.each([
    [BERLIN, "30 2 * * *", "2026-03-28T12:00:00Z", ["2026-03-29T01:00Z", "2026-03-30T00:30Z"]],
    [NEW_YORK, "30 2 * * *", "2026-03-07T12:00:00Z", ["2026-03-08T07:00Z", "2026-03-09T06:30Z"]],
    [BERLIN, "30 2,14 * * *", "2026-03-28T14:00:00Z", ["2026-03-29T01:00Z", "2026-03-29T12:30Z"]],
  ])("in %s, a tick that names its hour (%s) comes when the clocks have jumped", (timezone, cron, after, expected) => {
    expect(ticks(cron, timezone, after, 2)).toEqual(expected);
  });
  it.each([
    [BERLIN, "*/30 * * * *", "2026-03-29T00:00:00Z", ["2026-03-29T00:30Z", "2026-03-29T01:00Z", "2026-03-29T01:30Z"]],
    [NEW_YORK, "*/30 * * * *", "2026-03-08T06:00:00Z", ["2026-03-08T06:30Z", "2026-03-08T07:00Z", "2026-03-08T07:30Z"]],
    [BERLIN, "*/30 2 * * *", "2026-03-28T12:00:00Z", ["2026-03-30T00:00Z", "2026-03-30T00:30Z", "2026-03-31T00:00Z"]],
  ])("in %s, ticks by steps (%s) skip it", (timezone, cron, after, expected) => {
    expect(ticks(cron, timezone, after)).toEqual(expected);
  });
});
describe("in the hour that comes twice", () => {
  it.each([
    [BERLIN, "30 2 * * *", "2026-10-24T12:00:00Z", ["2026-10-25T00:30Z", "2026-10-26T01:30Z"]],
    [NEW_YORK, "30 1 * * *", "2026-10-31T12:00:00Z", ["2026-11-01T05:30Z", "2026-11-02T06:30Z"]],
    [NEW_YORK, "30 1,13 * * *", "2026-10-31T18:00:00Z", ["2026-11-01T05:30Z", "2026-11-01T18:30Z"]],
  ])("in %s, a tick that names its hour (%s) comes once, the first time", (timezone, cron, after, expected) => {
    expect(ticks(cron, timezone, after, 2)).toEqual(expected);
    const [first = "", second] = expected;
    expect(ticks(cron, timezone, first, 1)).toEqual([second]);
  });
  it.each([
    [
      BERLIN,
      "*/30 2 * * *",
      "2026-10-24T12:00:00Z",
      ["2026-10-25T00:00Z", "2026-10-25T00:30Z", "2026-10-25T01:00Z", "2026-10-25T01:30Z"],
    ],
    [
      NEW_YORK,
      "*/30 * * * *",
      "2026-11-01T05:15:00Z",
      ["2026-11-01T05:30Z", "2026-11-01T06:00Z", "2026-11-01T06:30Z", "2026-11-01T07:00Z"],
    ],
  ])("in %s, ticks by steps (%s) come in both", (timezone, cron, after, expected) => {
    expect(ticks(cron, timezone, after, 4)).toEqual(expected);
  });
});
/** A field as cron writes it, and the values that it stands for. */
const field = (least, most) =>
  fc.oneof(
    fc.constant({ text: "*", values: new Set(range(least, most)) }),
    fc.integer({ min: 1, max: most - least }).map((step) => ({
      text: `*/${step}`,
      values: new Set(range(least, most).filter((value) => (value - least) % step === 0)),
    })),
    fc
      .uniqueArray(fc.integer({ min: least, max: most }), { minLength: 1, maxLength: 4 })
      .map((values) => ({ text: values.join(","), values: new Set(values) })),
    fc
      .tuple(fc.integer({ min: least, max: most }), fc.integer({ min: least, max: most }))
      .map(([a, b]) => [Math.min(a, b), Math.max(a, b)])
      .map(([from, to]) => ({ text: `${from}-${to}`, values: new Set(range(from, to)) })),
  );
function range(from, to) {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
const moment = fc.integer({ min: Date.parse("2020-01-01T00:00:00Z"), max: Date.parse("2040-01-01T00:00:00Z") });
const MINUTE = 60000;
describe("the ticks of any simple expression in UTC", () => {
  it("are those that a look at every minute finds, the next and the last of them", () => {
    fc.assert(
      fc.property(field(0, 59), field(0, 23), field(0, 6), moment, (minute, hour, weekday, at) => {
        const cron = `${minute.text} ${hour.text} * * ${weekday.text}`;
        const matches = (time) => {
          const date = new Date(time);
          return (
            minute.values.has(date.getUTCMinutes()) &&
            hour.values.has(date.getUTCHours()) &&
            weekday.values.has(date.getUTCDay())
          );
        };
        let next = Math.floor(at / MINUTE) * MINUTE + MINUTE;
        while (!matches(next)) next += MINUTE;
        let last = Math.ceil(at / MINUTE) * MINUTE - MINUTE;
        while (!matches(last)) last -= MINUTE;
        expect(nextTick(cron, "UTC", at)).toBe(next);
        expect(lastTick(cron, "UTC", at)).toBe(last);
      }),
      { numRuns: 300 },
    );
  });
  it("are those that a look at every second finds", () => {
    fc.assert(
      fc.property(field(0, 59), field(0, 59), moment, (second, minute, at) => {
        let next = Math.floor(at / 1000) * 1000 + 1000;
        while (
          !second.values.has(new Date(next).getUTCSeconds()) ||
          !minute.values.has(new Date(next).getUTCMinutes())
        ) {
          next += 1000;
        }
        expect(nextTick(`${second.text} ${minute.text} * * * *`, "UTC", at)).toBe(next);
      }),
      { numRuns: 300 },
    );
  });
});
describe("the ticks of any expression in any timezone", () => {
  const anyCron = fc
    .tuple(field(0, 59), field(0, 23), field(1, 28), field(1, 12))
    .map(([minute, hour, day, month]) => `${minute.text} ${hour.text} ${day.text} ${month.text} *`);
  const timezone = fc.constantFrom("UTC", BERLIN, NEW_YORK, "Australia/Lord_Howe", "Asia/Kolkata", "America/Santiago");
  it("come strictly after the time, in order, and none between two of them", () => {
    fc.assert(
      fc.property(anyCron, timezone, moment, (cron, timezone, at) => {
        const [first, second] = nextTicks(cron, timezone, at, 2);
        expect(first).toBeGreaterThan(at);
        expect(second).toBeGreaterThan(first);
        expect(nextTick(cron, timezone, at)).toBe(first);
        expect(nextTick(cron, timezone, first)).toBe(second);
        expect(nextTick(cron, timezone, first - 1)).toBe(first);
        expect(lastTick(cron, timezone, second)).toBe(first);
      }),
      { numRuns: 500 },
    );
  });
});
describe("cronProblem", () => {
  it.each(["* * * * *", "*/5 9-17 * * MON-FRI", "0 0 L * *", "30 0 0 1 1 *", " 0 0 * * * "])("takes %j", (cron) => {
    expect(cronProblem(cron)).toBeNull();
  });
  it.each([
    ["", "must have 5 fields (minute, hour, day of month, month, day of week), or 6 with seconds before them"],
    ["* * * *", /^must have 5 fields/],
    ["* * * * * * *", /^must have 5 fields/],
    ["@daily", /^must have 5 fields/],
    ["2030-01-01T00:00:00Z", /^must have 5 fields/],
    ["60 * * * * *", "a second must be 0 to 59"],
    ["60 * * * *", "a minute must be 0 to 59"],
    ["* 24 * * *", "an hour must be 0 to 23"],
    ["0 0 0 * *", "a day of the month must be 1 to 31"],
    ["0 0 32 * *", "a day of the month must be 1 to 31"],
    ["0 0 1 13 *", "a month must be 1 to 12, or JAN to DEC"],
    ["0 0 * * 8", "a day of the week must be 0 to 7, or SUN to SAT"],
    ["*/0 * * * *", "Syntax error, illegal stepping: 0"],
    ["soon * * * *", /illegal characters/],
  ])("says what is wrong with %j", (cron, problem) => {
    expect(cronProblem(cron)).toEqual(typeof problem === "string" ? problem : expect.stringMatching(problem));
  });
});
describe("timezoneProblem", () => {
  it.each(["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"])("takes %s", (timezone) => {
    expect(timezoneProblem(timezone)).toBeNull();
  });
  it.each(["", "+02:00", "Mars/Olympus", "Berlin", "UTC+2"])("refuses %j", (timezone) => {
    expect(timezoneProblem(timezone)).toBe('must be the name of an IANA timezone, as "UTC" or "Europe/Berlin"');
  });
});
