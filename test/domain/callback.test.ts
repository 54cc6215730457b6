import { describe, expect, it } from "vitest";
import { CALLBACK_RETRY, isCalledBack, isReservedType } from "../../src/domain/callback.ts";
import { JOB_STATES } from "../../src/domain/job.ts";
import { nextRetryAt } from "../../src/domain/retry-policy.ts";

describe("who is told", () => {
  it.each([
    ["success", ["succeeded"]],
    ["failure", ["failed", "cancelled"]],
    ["both", ["succeeded", "failed", "cancelled"]],
    [null, []],
  ] as const)("on %s: of %j, and of no job that has not ended", (on, states) => {
    expect(JOB_STATES.filter((state) => isCalledBack(on, state))).toEqual(states);
  });
});

describe("a delivery", () => {
  it("is tried for three days and no longer, first after 5 s", () => {
    let at = 0;
    for (let failures = 1; ; failures++) {
      const next = nextRetryAt(failures, CALLBACK_RETRY, at, 0.5);
      if (next === null) break;
      if (failures === 1) expect(next).toBe(5_000);
      at = next;
    }
    expect(at / 3_600_000).toBeCloseTo(75.6, 1);
  });
});

describe("a reserved type", () => {
  it.each([
    ["sluice.callback", true],
    ["sluice.", true],
    ["sluice", false],
    ["my.sluice.callback", false],
  ])("%s: %j", (type, reserved) => {
    expect(isReservedType(type)).toBe(reserved);
  });
});
