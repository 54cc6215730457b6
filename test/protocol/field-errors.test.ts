import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { fieldErrors, pointer } from "../../src/protocol/field-errors.ts";

describe("pointer", () => {
  // The examples of RFC 6901, section 6.
  it.each([
    [[], "#"],
    [["foo"], "#/foo"],
    [["foo", 0], "#/foo/0"],
    [[""], "#/"],
    [["a/b"], "#/a~1b"],
    [["c%d"], "#/c%25d"],
    [["e^f"], "#/e%5Ef"],
    [["g|h"], "#/g%7Ch"],
    [["i\\j"], "#/i%5Cj"],
    [['k"l'], "#/k%22l"],
    [[" "], "#/%20"],
    [["m~n"], "#/m~0n"],
  ])("writes %j as %s", (path, written) => {
    expect(pointer(path)).toBe(written);
  });

  it("escapes what a URI fragment cannot hold", () => {
    expect(pointer(["a#b"])).toBe("#/a%23b");
    expect(pointer(["größe"])).toBe("#/gr%C3%B6%C3%9Fe");
  });

  it("survives half a character", () => {
    expect(pointer(["\ud83c"])).toBe("#/%EF%BF%BD");
  });

  it("can be read back, whatever the path", () => {
    const path = fc.array(fc.oneof(fc.string({ unit: "grapheme" }), fc.string({ unit: "binary-ascii" })));
    fc.assert(
      fc.property(path, (path) => {
        const [hash, ...tokens] = pointer(path).split("/");
        expect(hash).toBe("#");
        const read = tokens.map((token) => decodeURIComponent(token).replaceAll("~1", "/").replaceAll("~0", "~"));
        expect(read).toEqual(path);
      }),
    );
  });
});

describe("fieldErrors", () => {
  const shape = z.strictObject({
    url: z.string(),
    headers: z.record(z.string(), z.strictObject({ value: z.string() })),
  });
  const errorsOf = (value: unknown, base?: PropertyKey[]) => {
    const parsed = shape.safeParse(value);
    if (parsed.success) throw new Error("it is valid");
    return fieldErrors(parsed.error, base);
  };

  it("points at what is wrong, however deep it stands", () => {
    const errors = errorsOf({ url: 1, headers: { "x/y": { value: 2 } } });
    expect(errors).toEqual([
      { pointer: "#/url", code: "invalid_type", detail: expect.stringContaining("expected string") },
      { pointer: "#/headers/x~1y/value", code: "invalid_type", detail: expect.stringContaining("expected string") },
    ]);
  });

  it("points into the body when the value is a part of it", () => {
    const pointers = errorsOf({ headers: {} }, ["jobs", 3, "payload"]).map((error) => error.pointer);
    expect(pointers).toEqual(["#/jobs/3/payload/url"]);
  });

  it("points at each unknown field, not at the object that has it", () => {
    expect(errorsOf({ url: "", headers: { a: { value: "", more: 1 } }, extra: 1, "m~n": 2 })).toEqual([
      { pointer: "#/headers/a/more", code: "unrecognized_keys", detail: "unknown field" },
      { pointer: "#/extra", code: "unrecognized_keys", detail: "unknown field" },
      { pointer: "#/m~0n", code: "unrecognized_keys", detail: "unknown field" },
    ]);
  });

  it("points at the whole when it is of another kind", () => {
    expect(errorsOf("text")).toMatchObject([{ pointer: "#", code: "invalid_type" }]);
    expect(errorsOf(null, ["jobs", 0])).toMatchObject([{ pointer: "#/jobs/0" }]);
  });

  it("tells at most fifty", () => {
    const extra = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`field-${n}`, n]));
    expect(errorsOf({ url: "", headers: {}, ...extra })).toHaveLength(50);
  });
});
