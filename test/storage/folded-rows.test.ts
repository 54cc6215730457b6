import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Field, foldRows } from "../../src/storage/folded-rows.ts";

/** What a statement would read of each row. */
function unfold(rows: readonly Field[][], own?: ReadonlySet<number>): Field[][] {
  const { json, shared, field } = foldRows(rows, "d", 7, own);
  return json.map((row) => {
    const varying = JSON.parse(row) as Field[];
    return (rows[0] ?? []).map((_, index) => {
      const sql = field(index);
      const place = Number(/\d+$/.exec(sql)?.[0]);
      return (sql.startsWith("?") ? shared[place - 7] : varying[place]) ?? null;
    });
  });
}

const value = fc.oneof(fc.constantFrom<Field>(null, 0, 1, "a"), fc.integer(), fc.string());
const table = fc
  .integer({ min: 1, max: 6 })
  .chain((width) => fc.array(fc.array(value, { minLength: width, maxLength: width }), { maxLength: 8 }));

describe("folded rows", () => {
  it("are what they were, whatever they share", () => {
    fc.assert(
      fc.property(table, (rows) => {
        expect(unfold(rows)).toEqual(rows);
      }),
    );
  });

  it("are what they were with some fields of their own", () => {
    fc.assert(
      fc.property(table, (rows) => {
        expect(unfold(rows, new Set([0, 2]))).toEqual(rows);
      }),
    );
  });

  it("carry only what they do not share", () => {
    const { json, shared, field } = foldRows(
      [
        ["t", 1, null, "x"],
        ["t", 2, null, "x"],
      ],
      "d",
      3,
    );
    expect(json).toEqual(["[1]", "[2]"]);
    expect(shared).toEqual(["t", null, "x"]);
    expect([0, 1, 2, 3].map(field)).toEqual(["?3", "d.value->>0", "?4", "?5"]);
  });

  it("keep what a plan finds them by", () => {
    const { json, shared, field } = foldRows(
      [
        ["t", 1],
        ["t", 1],
      ],
      "f",
      2,
      new Set([0]),
    );
    expect(json).toEqual(['["t"]', '["t"]']);
    expect(shared).toEqual([1]);
    expect(field(0)).toBe("f.value->>0");
  });

  it("are none when there are none", () => {
    expect(foldRows([], "d", 7).json).toEqual([]);
  });
});
