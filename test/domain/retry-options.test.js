import { describe, expect, it } from "vitest";
import { InvalidRetry, retryPolicy } from "../../src/domain/retry-options.ts";
import { DEFAULT_RETRY_POLICY } from "../../src/domain/retry-policy.ts";

const refused = (options) => {
  try {
    retryPolicy(options);
  } catch (error) {
    if (error instanceof InvalidRetry) return `${error.option}: ${error.message}`;
  }
  return "taken";
};
describe("retryPolicy", () => {
  it.each([
    [{}, DEFAULT_RETRY_POLICY.backoff],
    [
      { base: "5s", factor: 3, cap: 60 },
      { baseMs: 5000, factor: 3, capMs: 60000 },
    ],
    [{ backoff: "exponential" }, DEFAULT_RETRY_POLICY.backoff],
    [
      { backoff: "linear", base: 2 },
      { kind: "linear", baseMs: 2000, capMs: 3600000 },
    ],
    [
      { backoff: "fixed", base: "90s" },
      { kind: "fixed", baseMs: 90000 },
    ],
    [{ backoff: ["1s", 10, "5m"] }, { kind: "list", delaysMs: [1000, 10000, 300000] }],
  ])("reads %j", (options, backoff) => {
    expect(retryPolicy(options)).toEqual({ maxAttempts: 5, backoff });
  });
  it("takes from the type what a job does not say, the backoff as a whole", () => {
    const type = retryPolicy({ maxAttempts: 9, backoff: "fixed", base: 7 });
    expect(retryPolicy({}, type)).toEqual(type);
    expect(retryPolicy({ maxAttempts: 2 }, type)).toEqual({ ...type, maxAttempts: 2 });
    expect(retryPolicy({ cap: 10 }, type)).toEqual({
      maxAttempts: 9,
      backoff: { baseMs: 1000, factor: 2, capMs: 10000 },
    });
  });
  it.each([
    [{ maxAttempts: 0 }, "maxAttempts"],
    [{ maxAttempts: 26 }, "maxAttempts"],
    [{ base: -1 }, "base"],
    [{ base: "31d" }, "base"],
    [{ cap: "long" }, "cap"],
    [{ factor: 0.5 }, "factor"],
    [{ backoff: "linear", factor: 2 }, "factor"],
    [{ backoff: "fixed", cap: 1 }, "cap"],
    [{ backoff: [] }, "backoff"],
    [{ backoff: Array.from({ length: 25 }, () => 1) }, "backoff"],
    [{ backoff: [1, -1] }, "backoff"],
    [{ backoff: [1], base: 1 }, "base"],
  ])("refuses %j and names the option", (options, option) => {
    expect(refused(options)).toMatch(new RegExp(`^${option}: .`));
  });
});
