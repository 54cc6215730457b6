import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TokenBucket } from "../../src/domain/token-bucket.ts";

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("take"), count: fc.integer({ min: 1, max: 30 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("refund"), share: fc.integer({ min: 1, max: 30 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("clock"), by: fc.integer({ min: -2000, max: 5000 }) }),
  },
);
const limits = fc.record({ rate: fc.integer({ min: 1, max: 2000 }), burst: fc.integer({ min: 1, max: 50 }) });
describe("TokenBucket", () => {
  it("admits a burst at once, and not one more", () => {
    const bucket = new TokenBucket({ rate: 10, burst: 3 }, 0);
    expect([bucket.take(3, 0), bucket.take(1, 0)]).toEqual([true, false]);
  });
  it("takes all of what is asked for, or none of it", () => {
    const bucket = new TokenBucket({ rate: 10, burst: 3 }, 0);
    expect(bucket.take(4, 0)).toBe(false);
    expect(bucket.remaining(0)).toBe(3);
  });
  it("fills at its rate, up to the burst", () => {
    const bucket = new TokenBucket({ rate: 10, burst: 3 }, 0, 3);
    expect(bucket.remaining(99)).toBe(0);
    expect(bucket.remaining(100)).toBe(1);
    expect(bucket.remaining(250)).toBe(2);
    expect(bucket.remaining(60000)).toBe(3);
  });
  it("fills over any period, to the millisecond", () => {
    const hourly = new TokenBucket({ rate: 7, burst: 7, periodMs: 3600000 }, 0, 7);
    const firstAt = Math.ceil(3600000 / 7);
    expect(hourly.waitMs(1, 0)).toBe(firstAt);
    expect([hourly.remaining(firstAt - 1), hourly.remaining(firstAt)]).toEqual([0, 1]);
    expect(hourly.remaining(3600000)).toBe(7);
  });
  it("goes on in another bucket that is made with what it has spent", () => {
    const step = fc.record({ take: fc.nat(5), waitMs: fc.nat(3000) });
    const window = fc.record({ limit: fc.integer({ min: 1, max: 9 }), periodMs: fc.integer({ min: 100, max: 9999 }) });
    fc.assert(
      fc.property(window, fc.array(step), ({ limit, periodMs }, steps) => {
        const bucketLimits = { rate: limit, burst: limit, periodMs };
        const bucket = new TokenBucket(bucketLimits, 0);
        let now = 0;
        for (const { take, waitMs } of steps) {
          const moved = new TokenBucket(bucketLimits, now, bucket.spent(now));
          expect(moved.waitMs(limit, now)).toBe(bucket.waitMs(limit, now));
          bucket.take(take, now);
          now += waitMs;
        }
      }),
    );
  });
  it("starts without what was spent, and never below nothing", () => {
    expect(new TokenBucket({ rate: 1, burst: 5 }, 0, 2).remaining(0)).toBe(3);
    expect(new TokenBucket({ rate: 1, burst: 5 }, 0, 50).remaining(1000)).toBe(1);
  });
  it("gains nothing from a clock that steps back, nor from the time it then repeats", () => {
    const bucket = new TokenBucket({ rate: 1, burst: 5 }, 10000, 5);
    expect(bucket.remaining(4000)).toBe(0);
    expect(bucket.remaining(10000)).toBe(0);
    expect(bucket.remaining(11000)).toBe(1);
  });
  it("holds no more than the burst after a refund", () => {
    const bucket = new TokenBucket({ rate: 1, burst: 5 }, 0);
    bucket.take(2, 0);
    bucket.refund(2);
    bucket.refund(2);
    expect(bucket.remaining(0)).toBe(5);
  });
  it("admits at most burst + rate × time over any interval, whatever is refunded and wherever the clock steps", () => {
    fc.assert(
      fc.property(limits, fc.array(step, { maxLength: 60 }), ({ rate, burst }, steps) => {
        const bucket = new TokenBucket({ rate, burst }, 0);
        let now = 0;
        let latest = 0;
        let admitted = 0;
        // After each step: how much was admitted, less what was refunded, and how far the bucket has seen time come.
        const history = [{ admitted, latest }];
        for (const one of steps) {
          if (one.kind === "clock") now += one.by;
          else if (one.kind === "take") {
            latest = Math.max(latest, now);
            admitted += bucket.take(one.count, now) ? one.count : 0;
          } else {
            const count = Math.min(one.share, admitted);
            bucket.refund(count);
            admitted -= count;
          }
          history.push({ admitted, latest });
        }
        for (const [index, from] of history.entries()) {
          for (const to of history.slice(index)) {
            const most = burst + (rate * (to.latest - from.latest)) / 1000;
            expect(to.admitted - from.admitted).toBeLessThanOrEqual(most + 1e-6);
          }
        }
      }),
    );
  });
  it("admits what it is asked for after the time that it names, and not a millisecond before", () => {
    fc.assert(
      fc.property(
        limits,
        fc.array(fc.integer({ min: 0, max: 10000 }), { maxLength: 20 }),
        fc.integer({ min: 1, max: 50 }),
        ({ rate, burst }, pauses, wanted) => {
          const count = Math.min(wanted, burst);
          const bucket = new TokenBucket({ rate, burst }, 0, burst);
          let now = 0;
          for (const pause of pauses) {
            now += pause;
            bucket.take(Math.min(3, burst), now);
          }
          const wait = bucket.waitMs(count, now);
          if (wait > 0) expect(bucket.take(count, now + wait - 1)).toBe(false);
          expect(bucket.take(count, now + wait)).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
