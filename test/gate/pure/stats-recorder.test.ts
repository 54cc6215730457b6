import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { StatsRecorder } from "../../../src/gate/stats-recorder.ts";
import type { Settlement } from "../../../src/protocol/gate.ts";

/** A storage that only counts how often something is kept. */
function countingStorage() {
  const kept: number[] = [];
  const exec = (query: string) => {
    if (query.trim().startsWith("INSERT")) kept.push(Date.now());
    return Object.assign([], { one: () => ({ last: null }) });
  };
  return { sql: { exec } as unknown as SqlStorage, kept };
}

const BEGIN = Date.UTC(2027, 0, 15, 12, 30, 1);
let atRest: boolean;
let kept: number[];
let recorder: StatsRecorder;
let ends: number;

const end = (): Settlement => ({ id: `job-${++ends}`, attempt: 1, state: "succeeded", dueAt: null });
const since = () => kept.map((at) => at - BEGIN);

beforeEach(() => {
  vi.useFakeTimers({ now: BEGIN });
  const storage = countingStorage();
  [atRest, kept, ends] = [true, storage.kept, 0];
  recorder = new StatsRecorder(storage.sql, () => atRest);
});

afterEach(() => {
  vi.useRealTimers();
});

describe("what was counted", () => {
  it("is kept at once when the last job in flight has ended, since the gate may be evicted then", () => {
    recorder.ended([end()], ["mail"]);
    expect(since()).toEqual([0]);
  });

  it("is kept together with a job's end when that comes soon", () => {
    atRest = false;
    recorder.admitted("mail");
    vi.advanceTimersByTime(1_500);
    atRest = true;
    recorder.ended([end()], ["mail"]);
    vi.advanceTimersByTime(60_000);
    expect(since()).toEqual([1_500]);
  });

  it("is kept after two seconds when the end does not come soon", () => {
    atRest = false;
    recorder.admitted("mail");
    vi.advanceTimersByTime(60_000);
    expect(since()).toEqual([2_000]);
  });

  it("is kept every two seconds at most where jobs end one by one, and in the end", () => {
    for (let job = 0; job < 100; job++) {
      recorder.ended([end()], ["mail"]);
      vi.advanceTimersByTime(100);
    }
    vi.advanceTimersByTime(10_000);
    expect(since()).toEqual([0, 2_000, 4_000, 6_000, 8_000, 10_000]);
  });

  it("is kept every fifteen seconds, and as a minute ends, while jobs are in flight", () => {
    atRest = false;
    for (let second = 0; second < 600; second++) {
      recorder.ended([end()], ["mail"]);
      vi.advanceTimersByTime(1_000);
    }
    const perMinute = kept.length / 10;
    expect(perMinute).toBeGreaterThanOrEqual(4);
    expect(perMinute).toBeLessThanOrEqual(5);
  });

  it("is not kept again when nothing has happened", () => {
    recorder.ended([end()], ["mail"]);
    vi.advanceTimersByTime(3_600_000);
    recorder.keep();
    expect(kept).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is nobody's trouble when it cannot be kept", () => {
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const broken = {
      exec: () => {
        throw new Error("the disk is full");
      },
    };
    const failing = new StatsRecorder(broken as unknown as SqlStorage, () => true);
    expect(() => failing.ended([end()], ["mail"])).not.toThrow();
  });
});

describe("an end that is told twice", () => {
  it("counts once", () => {
    const settlement = end();
    for (let time = 0; time < 3; time++) recorder.ended([settlement], ["mail"]);
    const [succeeded, mail] = recorder.read((_, { tallies }) => [
      tallies.total.get("succeeded"),
      tallies.byQueue.get("mail")?.get("succeeded"),
    ]);
    expect([succeeded, mail]).toEqual([1, 1]);
  });

  it("is another one when it is of another attempt", () => {
    const settlement = end();
    recorder.ended(
      [
        { ...settlement, state: "retrying", dueAt: 1 },
        { ...settlement, attempt: 2 },
      ],
      [null, null],
    );
    expect(recorder.read((_, { tallies }) => [tallies.total.get("retried"), tallies.total.get("succeeded")])).toEqual([
      1, 1,
    ]);
  });
});
