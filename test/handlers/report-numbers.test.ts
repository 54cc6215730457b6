import * as fc from "fast-check";
import { expect, it } from "vitest";
import { NumberTotals } from "../../src/handlers/report-numbers.ts";

function totals(...numbers: number[]): NumberTotals {
  const totals = new NumberTotals();
  for (const number of numbers) totals.add(number);
  return totals;
}

it("knows nothing of no numbers", () => {
  expect(totals()).toMatchObject({ sum: null, average: null, least: null, greatest: null });
});

it("knows the sum, the average, the least and the greatest", () => {
  expect(totals(3, -5, 8)).toMatchObject({ sum: 6, average: 2, least: -5, greatest: 8 });
  expect(totals(0)).toMatchObject({ sum: 0, average: 0, least: 0, greatest: 0 });
});

it("does not lose small numbers beside large ones", () => {
  expect(totals(1, 1e100, 1, -1e100).sum).toBe(2);
  expect(totals(1e16, ...Array.from({ length: 1_000 }, () => 1)).sum).toBe(1e16 + 1_000);
});

it("sums ten million tenths to a million", () => {
  const tenths = new NumberTotals();
  let naive = 0;
  for (let i = 0; i < 10_000_000; i++) {
    tenths.add(0.1);
    naive += 0.1;
  }
  expect(tenths.sum).toBe(1_000_000);
  expect(naive).not.toBe(1_000_000);
});

it("sums whatever order numbers come in to what whole numbers give", () => {
  const cents = fc.array(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(cents, (cents) => {
      const exact = Number(cents.reduce((sum, one) => sum + BigInt(one), 0n)) / 1_024;
      expect(totals(...cents.map((cent) => cent / 1_024)).sum).toBe(exact);
    }),
  );
});

it("is not finite where a sum has left a double's range", () => {
  expect(totals(1e308, 1e308).sum).not.toSatisfy(Number.isFinite);
  expect(totals(1e308, 1e308)).toMatchObject({ least: 1e308, greatest: 1e308 });
});
