import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Waiters } from "../../../src/gate/waiters.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("the waiters of a gate", () => {
  it("are all woken when their job has finished, and no others", async () => {
    const waiters = new Waiters(10);
    const ended: string[] = [];
    for (const job of ["a", "a", "b"]) void waiters.add(job, 1_000)?.done.then(() => ended.push(job));
    waiters.wake("a");
    await vi.advanceTimersByTimeAsync(0);
    expect(ended).toEqual(["a", "a"]);
  });

  it("are answered when their time is up", async () => {
    const ended = vi.fn();
    void new Waiters(10).add("a", 1_000)?.done.then(ended);
    await vi.advanceTimersByTimeAsync(999);
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(ended).toHaveBeenCalled();
  });

  it("are turned away past their cap, and let in again once others have left", () => {
    const waiters = new Waiters(2);
    const first = waiters.add("a", 1_000);
    waiters.add("b", 1_000);
    expect(waiters.add("c", 1_000)).toBeNull();
    first?.end();
    first?.end();
    expect(waiters.add("c", 1_000)).not.toBeNull();
    expect(waiters.add("d", 1_000)).toBeNull();
    waiters.wake("b");
    waiters.wake("b");
    expect(waiters.add("d", 1_000)).not.toBeNull();
    expect(waiters.add("e", 1_000)).toBeNull();
  });

  it("leave no timer behind", () => {
    const waiters = new Waiters(10);
    waiters.add("a", 1_000);
    waiters.wake("a");
    expect(vi.getTimerCount()).toBe(0);
  });
});
