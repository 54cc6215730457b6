import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LiveReports } from "../../src/consumer/live-reports.ts";
import type { AttemptReport } from "../../src/protocol/live-events.ts";
import type { ClaimedJob } from "../../src/storage/claim-jobs.ts";

const job = (id: string, tenantId = "acme") => ({ tenantId, id, type: "noop", queue: "q", attempt: 1 }) as ClaimedJob;

/** Gates that note what they are told. */
function gates() {
  const told: { tenantId: string; reports: readonly AttemptReport[] }[] = [];
  const gateOf = (tenantId: string) => ({
    report: async (reports: readonly AttemptReport[]) => void told.push({ tenantId, reports }),
  });
  return { told, gateOf };
}

const fraction = (n: number) => ({ fraction: n, message: null });

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("what a consumer reports", () => {
  it("is nothing while nobody follows, however often a handler tells how far it is", async () => {
    const { told, gateOf } = gates();
    const [a] = [job("a")];
    const reports = new LiveReports(gateOf, [a], new Set(["another"]));
    for (let n = 0; n <= 10_000; n++) reports.progress(a, fraction(n / 10_000));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(told).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
    expect(reports.ended(a)).toEqual({ type: "noop", queue: "q", progress: fraction(1) });
  });

  it("is one call with all starts of a tenant that is followed", async () => {
    const { told, gateOf } = gates();
    const reports = new LiveReports(gateOf, [job("a"), job("b"), job("c", "other")], new Set(["acme"]));
    await reports.drained();
    expect(told).toMatchObject([{ tenantId: "acme", reports: [{ id: "a", progress: null }, { id: "b" }] }]);
  });

  it("is the newest progress of all jobs, twice a second at most, and the last in any case", async () => {
    const { told, gateOf } = gates();
    const [a, b] = [job("a"), job("b")];
    const reports = new LiveReports(gateOf, [a, b], new Set(["acme"]));
    for (let n = 1; n <= 100; n++) {
      reports.progress(a, fraction(n / 100));
      reports.progress(b, fraction(n / 200));
      await vi.advanceTimersByTimeAsync(10);
    }
    await vi.advanceTimersByTimeAsync(500);
    expect(told).toHaveLength(3);
    expect(told.at(-1)?.reports.map(({ progress }) => progress?.fraction)).toEqual([1, 0.5]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(told).toHaveLength(3);
  });

  it("begins when a heartbeat says that somebody follows, with what was last said, and ends when nobody does", async () => {
    const { told, gateOf } = gates();
    const a = job("a");
    const reports = new LiveReports(gateOf, [a], new Set());
    reports.progress(a, fraction(0.1));
    reports.progress(a, fraction(0.2));
    reports.heard("acme", Date.now() + 1_000);
    await vi.advanceTimersByTimeAsync(0);
    expect(told).toMatchObject([{ reports: [{ progress: { fraction: 0.2 } }] }]);
    reports.heard("acme", Date.now());
    reports.progress(a, fraction(0.3));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(told).toHaveLength(1);
  });

  it("is nothing of an attempt that has ended, whose handler goes on", async () => {
    const { told, gateOf } = gates();
    const a = job("a");
    const reports = new LiveReports(gateOf, [a], new Set(["acme"]));
    reports.progress(a, fraction(0.1));
    expect(reports.ended(a).progress).toEqual(fraction(0.1));
    reports.progress(a, fraction(0.2));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(told).toHaveLength(1);
  });

  it("holds up no batch when a gate does not answer", async () => {
    const gateOf = () => ({ report: () => new Promise<void>(() => {}) });
    const reports = new LiveReports(gateOf, [job("a")], new Set(["acme"]));
    const drained = vi.fn();
    void reports.drained().then(drained);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(drained).toHaveBeenCalled();
  });
});
