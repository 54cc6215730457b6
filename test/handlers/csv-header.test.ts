import { expect, it } from "vitest";
import { FatalError } from "../../src/domain/outcome.ts";
import { CsvHeader, MOST_COLUMNS } from "../../src/handlers/csv-header.ts";

it("knows where each column is, whatever it is called", () => {
  const header = new CsvHeader(["date", "temp max", "__proto__", "constructor", "1"]);
  expect(["date", "temp max", "__proto__", "constructor", "1"].map((name) => header.position(name))).toEqual([
    0, 1, 2, 3, 4,
  ]);
});

it("lists the columns there are when one is missing", () => {
  const header = new CsvHeader(["date", "Temp", ""]);
  expect(() => header.position("temp")).toThrow(
    new FatalError('the CSV has no column "temp"; its columns are "date", "Temp"'),
  );
  expect(() => header.position("toString")).toThrow(FatalError);
});

it("lists the first of many columns, so that the message stays one to read", () => {
  const header = new CsvHeader(Array.from({ length: 1_000 }, (_, i) => `${i}${"-".repeat(500)}`));
  const message = (() => {
    try {
      return String(header.position("x"));
    } catch (thrown) {
      return String(thrown);
    }
  })();
  expect(message).toMatch(/ and 980 more$/);
  expect(message.length).toBeLessThan(1_000);
});

it("refuses columns of the same name, and says which", () => {
  expect(() => new CsvHeader(["a", "b", "a", "c", "b", "a"])).toThrow(
    new FatalError('the CSV\'s header names more than one column "a", "b"'),
  );
});

it("may have any number of columns without a name, as spreadsheets leave them", () => {
  expect(new CsvHeader(["", "a", "", ""]).position("a")).toBe(1);
  expect(() => new CsvHeader(["", "a"]).position("")).toThrow(FatalError);
});

it("has a cap on its columns", () => {
  const names = Array.from({ length: MOST_COLUMNS }, (_, i) => `c${i}`);
  expect(new CsvHeader(names).position("c16383")).toBe(16_383);
  expect(() => new CsvHeader([...names, "more"])).toThrow(new FatalError("the CSV has more than 16384 columns"));
});
