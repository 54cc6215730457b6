import { describe, expect, it } from "vitest";
import { seconds, wholeNumber } from "../../src/cli/option-parsers.ts";
import { parseTenantId } from "../../src/cli/tenant-id.ts";

describe("the parsers of options", () => {
  it("take whole numbers within their bounds", () => {
    expect(["1", "10"].map(wholeNumber(1, 10))).toEqual([1, 10]);
  });
  it.each([["0"], ["11"], ["1.5"], ["1e1"], [""], ["ten"]])("refuse %j as a number from 1 to 10", (text) => {
    expect(() => wholeNumber(1, 10)(text)).toThrow("It must be a whole number from 1 to 10.");
  });
  it("take seconds, with a fraction too", () => {
    expect(["0", "0.25", "86400"].map(seconds)).toEqual([0, 0.25, 86400]);
  });
  it.each([["-1"], ["86401"], ["5m"], ["Infinity"], [""]])("refuse %j as seconds", (text) => {
    expect(() => seconds(text)).toThrow("It must be seconds, at most 86400.");
  });
  it.each([["a"], ["0"], ["acme-2"], ["a".repeat(63)]])("take %j as a tenant", (id) => {
    expect(parseTenantId(id)).toBe(id);
  });
  it.each([["Acme"], ["-acme"], ["a'; DROP TABLE tenants"], ["a".repeat(64)], ["a\n"], [""]])(
    "refuse the tenant %j",
    (id) => {
      expect(() => parseTenantId(id)).toThrow("A tenant's id is 1 to 63 of a-z");
    },
  );
});
