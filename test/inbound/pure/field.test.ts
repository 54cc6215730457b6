import { describe, expect, it } from "vitest";
import { parseField, parsePointer, valueAt } from "../../../src/inbound/field.ts";

describe("a field", () => {
  it("is of a header in any case, a query, a piece of the signature's header, or the body", () => {
    expect(parseField("header:X-Id")).toEqual({ from: "header", name: "x-id" });
    expect(parseField("query:Id")).toEqual({ from: "query", name: "Id" });
    expect(parseField("part:t")).toEqual({ from: "part", name: "t" });
    expect(parseField("body:/a~1b/0/~0c")).toEqual({ from: "body", pointer: ["a/b", "0", "~c"] });
  });

  it("is nothing else", () => {
    for (const text of ["", "x-id", "header:", "header:a b", "cookie:a", "body:a", "body:", "body:/~2", "body:/a}"]) {
      expect(parseField(text)).toBeNull();
    }
  });
});

describe("what a pointer names", () => {
  const document = { a: [{ "b/c": 1 }], "": { "~": null } };

  it("is what RFC 6901 says", () => {
    expect(valueAt(document, parsePointer("/a/0/b~1c"))).toBe(1);
    expect(valueAt(document, parsePointer("//~0"))).toBeNull();
  });

  it("is nothing that the document itself does not have", () => {
    for (const pointer of [
      "/b",
      "/a/1",
      "/a/length",
      "/a/0/b~1c/d",
      "/constructor",
      "/__proto__",
      "/a/map",
      "//~0/x",
    ]) {
      expect(valueAt(document, parsePointer(pointer))).toBeUndefined();
    }
  });
});
