import { describe, expect, it } from "vitest";
import { notJsonAt } from "../../src/protocol/json-value.ts";

describe("a value that JSON can carry", () => {
  it.each([
    ["nothing", undefined],
    ["null", null],
    ["scalars", ["text", 1, true, null]],
    ["objects in objects", { a: [{ b: { c: 1 } }], d: undefined }],
    ["an object without a prototype", Object.assign(Object.create(null) as object, { a: 1 })],
    ["a date, which becomes text", { at: new Date(0) }],
  ])("is none but: %s", (_, value) => {
    expect(notJsonAt(value)).toBeNull();
  });

  it("may contain itself, as far as this goes", () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(notJsonAt(cycle)).toBeNull();
  });

  it("may be nested very deeply", () => {
    let deep: unknown = 1;
    for (let n = 0; n < 100_000; n++) deep = [deep];
    expect(notJsonAt(deep)).toBeNull();
  });
});

describe("a value that JSON would change without a word", () => {
  it.each([
    ["a function", () => 1, "#"],
    ["a map", { a: [0, new Map()] }, "#/a/1"],
    ["a set", { a: new Set() }, "#/a"],
    ["bytes", { a: new Uint8Array(1) }, "#/a"],
    ["a bigint", [1n], "#/0"],
    ["an instance of a class", { a: new URL("https://a.test") }, "#/a"],
  ])("is found: %s", (_, value, where) => {
    expect(notJsonAt(value)).toBe(where);
  });
});
