import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Deadlines } from "../../../src/consumer/deadlines.ts";
import type { EarlyEnd } from "../../../src/consumer/early-end.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Runs as long as it takes, or until it is ended. */
const lasting = (ms: number) => (end: EarlyEnd) =>
  Promise.race([new Promise<"done">((resolve) => setTimeout(resolve, ms, "done")), end.told]);

describe("a deadline", () => {
  it("ends what takes longer, and says how long it had", async () => {
    const ran = new Deadlines().during(50, async (end) => {
      await end.told;
      return end.reason;
    });
    await vi.advanceTimersByTimeAsync(49);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await ran).toMatchObject({ name: "TimeoutError", message: "the attempt took longer than 50 ms" });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("leaves no timer behind when all have ended, even badly", async () => {
    const deadlines = new Deadlines();
    await expect(deadlines.during(50, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("comes in time for each, however many run beside it, with one timer for all", async () => {
    const run = fc.record({
      startsAt: fc.nat(200),
      lasts: fc.integer({ min: 1, max: 300 }),
      timeoutMs: fc.integer({ min: 1, max: 300 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(run, { minLength: 1, maxLength: 20 }), async (runs) => {
        const deadlines = new Deadlines();
        const begun = Date.now();
        const ended = runs.map(async ({ startsAt, lasts, timeoutMs }) => {
          await new Promise((resolve) => setTimeout(resolve, startsAt));
          const before = vi.getTimerCount();
          const how = deadlines.during(timeoutMs, lasting(lasts));
          // Its own, and the one that all share.
          expect(vi.getTimerCount() - before).toBeLessThanOrEqual(2);
          return { how: await how, after: Date.now() - begun - startsAt };
        });
        await vi.advanceTimersByTimeAsync(600);
        for (const [n, { how, after }] of (await Promise.all(ended)).entries()) {
          const { lasts = 0, timeoutMs = 0 } = runs[n] ?? {};
          expect(after).toBe(Math.min(lasts, timeoutMs));
          if (lasts !== timeoutMs) expect(how).toBe(lasts < timeoutMs ? "done" : null);
        }
        expect(vi.getTimerCount()).toBe(0);
      }),
      { numRuns: 50 },
    );
  });
});
