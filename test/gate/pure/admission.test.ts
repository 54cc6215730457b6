import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TokenBucket } from "../../../src/domain/token-bucket.ts";
import { admit, type Load } from "../../../src/gate/admission.ts";
import { FinishRate } from "../../../src/gate/finish-rate.ts";

const NOW = 1_700_000_000_000;
const LIMITS = { rate: 10, burst: 20, backlog: 100, concurrency: 5 };

function load({ spent = 0, ...overrides }: Partial<Load> & { spent?: number } = {}): Load {
  const limits = overrides.limits ?? LIMITS;
  return {
    limits,
    bucket: new TokenBucket(limits, NOW, spent),
    finishRate: new FinishRate(),
    backlog: 0,
    room: 0,
    metered: true,
    buffer: { fits: true, rows: 0, most: 20_000 },
    ...overrides,
  };
}

describe("admit", () => {
  it("asks for no tokens where jobs are not metered, and holds every other limit", () => {
    const spent = load({ spent: 20, metered: false });
    expect(admit(1, spent, NOW)).toBeNull();
    expect(spent.bucket.remaining(NOW)).toBe(0);
    expect(admit(1, load({ metered: false, backlog: 100 }), NOW)).toMatchObject({ kind: "backlog_full" });
  });

  it("takes the tokens of what it admits", () => {
    const calm = load();
    expect(admit(15, calm, NOW)).toBeNull();
    expect(calm.bucket.remaining(NOW)).toBe(5);
  });

  it("says that more jobs than the burst can never be admitted at once", () => {
    expect(admit(21, load(), NOW)).toEqual({ kind: "batch_exceeds_burst", max: 20 });
    expect(admit(20, load(), NOW)).toBeNull();
  });

  it("says when the tokens will be there", () => {
    expect(admit(5, load({ spent: 18 }), NOW)).toEqual({
      kind: "rate_limited",
      retryAfterMs: 300,
      limit: { name: "rate", max: 20, current: 18 },
      rate: { rate: 10, burst: 20, remaining: 2 },
    });
  });

  it("says how long a full backlog takes to drain, at the rate at which jobs finish", () => {
    const full = load({ backlog: 99 });
    full.finishRate.record(20, NOW);
    expect(admit(10, full, NOW)).toEqual({
      kind: "backlog_full",
      retryAfterMs: 4_500,
      limit: { name: "backlog", max: 100, current: 99 },
      rate: { rate: 10, burst: 20, remaining: 20 },
    });
    expect(admit(1, full, NOW)).toBeNull();
  });

  it("counts against the backlog only what finds no room", () => {
    expect(admit(8, load({ backlog: 95, room: 3 }), NOW)).toBeNull();
    expect(admit(9, load({ backlog: 95, room: 3 }), NOW)).toMatchObject({ kind: "backlog_full" });
  });

  it("tells a caller to come back after a minute when nothing finishes, after a second when it is nearly drained", () => {
    const full = load({ backlog: 100 });
    expect(admit(1, full, NOW)).toMatchObject({ retryAfterMs: 60_000 });
    full.finishRate.record(1_000, NOW);
    expect(admit(1, full, NOW)).toMatchObject({ retryAfterMs: 1_000 });
  });

  it("turns callers away while too much waits to be written", () => {
    const busy = load({ buffer: { fits: false, rows: 19_990, most: 20_000 } });
    expect(admit(20, busy, NOW)).toMatchObject({
      kind: "overloaded",
      retryAfterMs: 1_000,
      limit: { name: "buffer", max: 20_000, current: 19_990 },
    });
  });

  it("spends no token on what it rejects, and always says when to come back", () => {
    fc.assert(
      fc.property(
        fc.record({
          count: fc.integer({ min: 1, max: 40 }),
          spent: fc.nat(20),
          backlog: fc.nat(120),
          room: fc.nat(5),
          fits: fc.boolean(),
        }),
        ({ count, spent, backlog, room, fits }) => {
          const state = load({ spent, backlog, room, buffer: { fits, rows: 0, most: 0 } });
          const before = state.bucket.remaining(NOW);
          const rejection = admit(count, state, NOW);
          expect(state.bucket.remaining(NOW)).toBe(rejection === null ? before - count : before);
          if (rejection && "retryAfterMs" in rejection) {
            expect(rejection.retryAfterMs).toBeGreaterThan(0);
            expect(rejection.rate.remaining).toBe(before);
          }
        },
      ),
    );
  });
});
