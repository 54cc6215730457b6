import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { defineHandler } from "../../src/domain/handler.ts";
import { createRegistry } from "../../src/domain/registry.ts";

const greet = defineHandler({
  type: "greet",
  input: z.object({ name: z.string(), times: z.coerce.number().default(1) }),
  run: async ({ name, times }) => ({ text: `hello ${name}`.repeat(times) }),
});
const noop = defineHandler({ type: "noop", input: z.unknown(), run: () => null });
describe("createRegistry", () => {
  it("finds a handler by its type", () => {
    const registry = createRegistry([greet, noop]);
    expect(registry.get("greet")).toBe(greet);
    expect(registry.get("noop")).toBe(noop);
    expect(registry.get("Greet")).toBeUndefined();
  });
  it("finds nothing under the names that every object has", () => {
    expect(createRegistry([greet]).get("constructor")).toBeUndefined();
  });
  it("throws when two handlers have the same type, and names it", () => {
    expect(() => createRegistry([greet, noop, { ...greet }])).toThrow('Two handlers have the type "greet"');
  });
});
describe("Jobs", () => {
  it("knows each type's payload as callers send it, and its result without the promise", () => {
    expectTypeOf().toEqualTypeOf();
    expectTypeOf().toEqualTypeOf();
    expectTypeOf().toEqualTypeOf();
    expectTypeOf().toEqualTypeOf();
  });
});
