import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allowsType, covers, type Grant, SCOPES } from "../../src/domain/grant.ts";

const grant: fc.Arbitrary<Grant> = fc.record({
  scopes: fc.subarray([...SCOPES]),
  types: fc.option(fc.subarray(["a", "b", "c"], { minLength: 1 })),
  expiresAt: fc.option(fc.integer({ min: 0, max: 3 })),
});

/** Each single thing that a grant allows: a scope on a type at a time. */
function allowed(of: Grant): Set<string> {
  const things = new Set<string>();
  for (const scope of of.scopes)
    for (const type of ["a", "b", "c", "another"])
      for (const time of [0, 1, 2, 3, 4])
        if (allowsType(of, type) && (of.expiresAt === null || time < of.expiresAt))
          things.add(`${scope} ${type} ${time}`);
  return things;
}

describe("a grant", () => {
  it("covers another only if it allows all that the other does", () => {
    fc.assert(
      fc.property(grant, grant, (one, other) => {
        if (covers(one, other)) expect(allowed(other).isSubsetOf(allowed(one))).toBe(true);
      }),
    );
  });

  it("covers itself, and less", () => {
    fc.assert(
      fc.property(grant, fc.subarray([...SCOPES]), (one, scopes) => {
        expect(covers(one, one)).toBe(true);
        expect(covers(one, { ...one, scopes: one.scopes.filter((scope) => scopes.includes(scope)) })).toBe(true);
        expect(covers({ ...one, types: null, expiresAt: null }, one)).toBe(true);
      }),
    );
  });

  it("for some types does not cover one for any, nor one with an end one without", () => {
    const full: Grant = { scopes: SCOPES, types: null, expiresAt: null };
    expect(covers({ ...full, types: ["a"] }, full)).toBe(false);
    expect(covers({ ...full, expiresAt: 9 }, full)).toBe(false);
    expect(covers({ ...full, expiresAt: 9 }, { ...full, expiresAt: 10 })).toBe(false);
    expect(covers({ ...full, scopes: ["manage"] }, full)).toBe(false);
  });
});
