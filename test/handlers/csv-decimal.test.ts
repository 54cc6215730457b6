import * as fc from "fast-check";
import { expect, it } from "vitest";
import { parseDecimal } from "../../src/handlers/csv-decimal.ts";

it.each([
  ["12", 12],
  ["-12.50", -12.5],
  ["+3", 3],
  [".097", 0.097],
  ["5.", 5],
  ["-.5", -0.5],
  ["1e3", 1_000],
  ["2.5E-3", 0.0025],
  ["007", 7],
  [" 12\t", 12],
  ["\u00a012", 12],
])("reads %j as %d", (cell, value) => {
  expect(parseDecimal(cell)).toBe(value);
});

const NO_NUMBERS =
  "| |.|-|e5|1e|1.2.3|--1|- 1|1 000|1,000|1_000|12 km|12%|$12|0x10|0b1|0o7|10n|NaN|Infinity|1e999|true|2012-01-01|١٢|１２";

it.each(NO_NUMBERS.split("|"))("reads no number from %j", (cell) => {
  expect(parseDecimal(cell)).toBeUndefined();
});

it("reads back every number as JavaScript writes it", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(parseDecimal(String(value))).toBe(Object.is(value, -0) ? 0 : value);
    }),
  );
});

it("takes no longer for what is almost a number", () => {
  const cell = `${"1".repeat(100_000)}x`;
  expect(parseDecimal(cell)).toBeUndefined();
}, 1_000);
