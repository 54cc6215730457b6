import * as fc from "fast-check";
import { v7 as uuidv7 } from "uuid";
import { describe, expect, it } from "vitest";
import { decodeCursor, encodeCursor } from "../../src/protocol/list-cursor.ts";

const id = fc
  .tuple(fc.integer({ min: 0, max: 2 ** 48 - 1 }), fc.uint8Array({ minLength: 16, maxLength: 16 }))
  .map(([msecs, random]) => uuidv7({ msecs, random }));
const filters = fc.string({ unit: "binary" });
const ID = uuidv7();

const base64url = (text: string) => Buffer.from(text).toString("base64url");

describe("a list's cursor", () => {
  it("leads back to the job before which the list goes on", () => {
    fc.assert(fc.property(id, filters, (id, filters) => decodeCursor(encodeCursor(id, filters), filters) === id));
  });

  it("needs no escaping in a URL", () => {
    fc.assert(fc.property(id, filters, (id, filters) => /^[\w-]+$/.test(encodeCursor(id, filters))));
  });

  it("belongs to the filters with which it was made", () => {
    fc.assert(
      fc.property(id, filters, filters, (id, made, used) => {
        fc.pre(made !== used);
        return decodeCursor(encodeCursor(id, made), used) === null;
      }),
    );
  });

  it.each([
    ["nothing", ""],
    ["what is not base64", "%%%"],
    ["what is not JSON", base64url("not json")],
    ["what is no list", base64url('{"0":1}')],
    ["a number", base64url("42")],
    ["null", base64url("null")],
    ["another id", base64url(JSON.stringify(["1' OR '1'='1", ""]))],
    ["no id", base64url(JSON.stringify([null, ""]))],
    ["a cut cursor", encodeCursor(ID, "").slice(0, -6)],
  ])("is none of this list when it is %s", (_, cursor) => {
    expect(decodeCursor(cursor, "")).toBeNull();
  });

  it("is none of this list, whatever is sent", () => {
    fc.assert(fc.property(fc.string(), (cursor) => decodeCursor(cursor, "") === null));
  });
});
