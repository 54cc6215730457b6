import { anything, assert, jsonValue, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonFault } from "../../src/domain/json-fault.ts";

describe("jsonFault", () => {
  it("finds nothing in whatever JSON gives", () => {
    assert(property(jsonValue(), (value) => jsonFault(value) === null));
  });

  it("finds nothing only where JSON changes nothing but properties that are undefined", () => {
    assert(
      property(anything({ withDate: true, withMap: true, withBigInt: true, withSparseArray: true }), (value) => {
        if (jsonFault(value) !== null || value === undefined) return;
        const once = JSON.stringify(value);
        expect(JSON.stringify(JSON.parse(once))).toBe(once);
        expect(JSON.parse(once)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  class Money {
    readonly cents = 1;
  }
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;

  it.each<[unknown, string]>([
    [new Date(0), "it is a Date"],
    [{ a: [1, new Map()] }, "/a/1 is a Map"],
    [[new Money()], "/0 is a Money"],
    [Number.NaN, "it is NaN"],
    [{ n: Number.NEGATIVE_INFINITY }, "/n is -Infinity"],
    [1n, "it is a bigint"],
    [{ run: () => 1 }, "/run is a function"],
    [[Symbol("x")], "/0 is a symbol"],
    [[undefined], "/0 is undefined"],
    [Array.from<unknown>({ length: 2 }), "/0 is undefined"],
    [cycle, "it refers to itself, or is more than 500 levels deep"],
  ])("says what would change, and where: %o", (value, said) => {
    expect(jsonFault(value)).toBe(said);
  });

  it.each([[undefined], [{ missing: undefined }], [Object.create(null)], ["\ud800"], [-1.5e300]])(
    "takes %o",
    (value) => {
      expect(jsonFault(value)).toBeNull();
    },
  );
});
