import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backoffCeilingMs, DEFAULT_RETRY_POLICY, MOST_ATTEMPTS, nextRetryAt } from "../../src/domain/retry-policy.ts";

const NOW = 1700000000000;
const ALMOST_ONE = 1 - Number.EPSILON / 2;
const backoff = fc.record({
  baseMs: fc.integer({ min: 1, max: 600000 }),
  factor: fc.double({ min: 1, max: 10, noNaN: true }),
  capMs: fc.integer({ min: 1, max: 86400000 }),
});
const maxAttempts = fc.integer({ min: 1, max: MOST_ATTEMPTS });
const random = fc.double({ min: 0, max: ALMOST_ONE, noNaN: true });
describe("nextRetryAt", () => {
  it("waits at most 1, 2, 4 and 8 s between the five attempts of the default policy", () => {
    const delays = [1, 2, 3, 4].map((failures) => nextRetryAt(failures, DEFAULT_RETRY_POLICY, NOW, ALMOST_ONE));
    expect(delays).toEqual([999, 1999, 3999, 7999].map((delay) => NOW + delay));
    expect(nextRetryAt(5, DEFAULT_RETRY_POLICY, NOW, 0)).toBeNull();
  });
  it("may try again at once: the jitter is full", () => {
    expect(nextRetryAt(4, DEFAULT_RETRY_POLICY, NOW, 0)).toBe(NOW);
  });
  it("never waits as long as the cap", () => {
    const policy = { maxAttempts: 25, backoff: { baseMs: 1000, factor: 2, capMs: 5000 } };
    expect(nextRetryAt(24, policy, NOW, ALMOST_ONE)).toBe(NOW + 4999);
  });
  it("waits within [0, min(cap, base × factor^(failures − 1))), a whole number of milliseconds", () => {
    fc.assert(
      fc.property(backoff, maxAttempts, fc.integer({ min: 1, max: 24 }), random, (backoff, maxAttempts, n, random) => {
        const at = nextRetryAt(n, { maxAttempts, backoff }, NOW, random);
        if (n >= maxAttempts) return at === null;
        if (at === null) return false;
        const ceiling = Math.min(backoff.capMs, backoff.baseMs * backoff.factor ** (n - 1));
        return Number.isSafeInteger(at) && at >= NOW && at - NOW < ceiling;
      }),
    );
  });
  it("ends: after maxAttempts failures there is no other", () => {
    fc.assert(
      fc.property(backoff, maxAttempts, fc.nat(100), random, (backoff, maxAttempts, more, random) => {
        return nextRetryAt(maxAttempts + more, { maxAttempts, backoff }, NOW, random) === null;
      }),
    );
  });
  it("is the same after its policy was stored as JSON", () => {
    fc.assert(
      fc.property(backoff, maxAttempts, fc.integer({ min: 1, max: 24 }), random, (backoff, maxAttempts, n, random) => {
        const stored = JSON.parse(JSON.stringify(backoff));
        expect(nextRetryAt(n, { maxAttempts, backoff: stored }, NOW, random)).toBe(
          nextRetryAt(n, { maxAttempts, backoff }, NOW, random),
        );
      }),
    );
  });
});
describe("other backoffs", () => {
  const delays = (backoff, random) =>
    [1, 2, 3, 4].map((n) => (nextRetryAt(n, { maxAttempts: 9, backoff }, NOW, random) ?? 0) - NOW);
  it("grow by the base, with full jitter", () => {
    const linear = { kind: "linear", baseMs: 1000, capMs: 2500 };
    expect(delays(linear, ALMOST_ONE)).toEqual([999, 1999, 2499, 2499]);
    expect(delays(linear, 0)).toEqual([0, 0, 0, 0]);
  });
  it("stay as they are", () => {
    for (const random of [0, ALMOST_ONE]) {
      expect(delays({ kind: "fixed", baseMs: 700 }, random)).toEqual([700, 700, 700, 700]);
    }
  });
  it("are those of a list, the last for all that follow", () => {
    for (const random of [0, ALMOST_ONE]) {
      expect(delays({ kind: "list", delaysMs: [5, 60, 300] }, random)).toEqual([5, 60, 300, 300]);
    }
  });
});
describe("backoffCeilingMs", () => {
  it("grows by the factor until the cap", () => {
    const ceilings = [1, 2, 3, 4, 5].map((n) => backoffCeilingMs(n, { baseMs: 100, factor: 3, capMs: 2000 }));
    expect(ceilings).toEqual([100, 300, 900, 2000, 2000]);
  });
});
