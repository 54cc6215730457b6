import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Happened, LiveEvents } from "../../../src/gate/live-events.ts";
import type { AttemptReport, FollowRequest } from "../../../src/protocol/live-events.ts";
import { EventReader } from "../../../src/protocol/server-sent-events.ts";
import type { FollowedJob } from "../../../src/storage/followed-jobs.ts";

const MINUTE = 60_000;
const LIMITS = { streams: 2, events: 10, waiting: 5 };

const happened = (id: string, more: Partial<Happened> = {}): Happened => ({
  event: "job.enqueued",
  id,
  type: "noop",
  queue: "default",
  state: "queued",
  attempt: 0,
  ...more,
});
const started = (id: string): AttemptReport => ({
  id,
  type: "noop",
  queue: "default",
  attempt: 1,
  at: 0,
  progress: null,
});
const halfway = (id: string): AttemptReport => ({ ...started(id), progress: { fraction: 0.5, message: null } });
const stored = (id: string, more: Partial<FollowedJob> = {}): FollowedJob => ({
  id,
  type: "noop",
  queue: "default",
  state: "running",
  attempt: 1,
  finishedAt: null,
  error: null,
  ...more,
});

/** A tenant whose jobs are what the test says. */
function aTenant(jobs: FollowedJob[] = []) {
  return {
    jobs,
    read: vi.fn(async (ids: readonly string[]) => jobs.filter(({ id }) => ids.includes(id))),
    mark: vi.fn<(until: number) => Promise<void>>(async () => undefined),
    unmark: vi.fn<(before: number) => Promise<void>>(async () => undefined),
  };
}

async function follow(live: LiveEvents, request: FollowRequest = {}) {
  const reply = await live.follow(request);
  if (reply.kind !== "following") throw new Error(reply.kind);
  const bytes = reply.body.getReader();
  const reader = new EventReader();
  const text: string[] = [];
  const read = async () => {
    const { value } = await bytes.read();
    if (value === undefined) return null;
    text.push(new TextDecoder().decode(value));
    return reader.read(value).map(({ event, data }) => ({ event, ...(JSON.parse(data) as object) }));
  };
  return { read, text, lastEventId: () => reader.lastEventId, cancel: () => bytes.cancel() };
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("who follows live events", () => {
  it("gets a sign of life every 15 seconds, with the newest id", async () => {
    const live = new LiveEvents(aTenant());
    const reader = await follow(live, { type: "other" });
    await reader.read();
    const before = reader.lastEventId();
    live.publish(happened("a"));
    const next = reader.read();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await next).toEqual([]);
    expect(reader.text.at(-1)).toMatch(/^: \nid: /);
    expect(reader.lastEventId()).toBe(before.replace(/0$/, "1"));
  });

  it("is sent away after half an hour, to come back", async () => {
    const begun = Date.now();
    const reader = await follow(new LiveEvents(aTenant()));
    let events = await reader.read();
    while (events?.length === 0) {
      const next = reader.read();
      await vi.advanceTimersByTimeAsync(15_000);
      events = await next;
    }
    expect(events).toEqual([{ event: "events.end", reason: "time" }]);
    expect(Date.now() - begun).toBe(30 * MINUTE);
    expect(await reader.read()).toBeNull();
  });

  it("is given up after a minute in which nothing was taken, and makes room", async () => {
    const live = new LiveEvents(aTenant(), LIMITS);
    const readers = [await follow(live), await follow(live)];
    for (const reader of readers) await reader.read();
    live.publish(happened("a"));
    live.publish(happened("b"));
    await readers[0]?.read();
    const full = live.follow({});
    await vi.advanceTimersByTimeAsync(250);
    expect(await full).toEqual({ kind: "overloaded", max: 2, current: 2 });
    await vi.advanceTimersByTimeAsync(MINUTE + 15_000);
    await follow(live);
    await expect(readers[1]?.read()).rejects.toThrow("takes nothing");
  });

  it("gets what waits and is told so, when that is too much, and no more", async () => {
    const live = new LiveEvents(aTenant(), LIMITS);
    const reader = await follow(live);
    await reader.read();
    for (let n = 0; n < 100; n++) live.publish(happened(String(n)));
    const events = [];
    for (let read = await reader.read(); read !== null; read = await reader.read()) events.push(...read);
    expect(events.length).toBeLessThanOrEqual(LIMITS.events + LIMITS.waiting + 2);
    expect(events.at(-1)).toEqual({ event: "events.end", reason: "slow" });
    await follow(live);
    await follow(live);
  });

  it("sees the end of a job though the gate was never told of it", async () => {
    const tenant = aTenant([stored("a"), stored("b")]);
    const reader = await follow(new LiveEvents(tenant), { jobId: "a" });
    expect(await reader.read()).toMatchObject([{ event: "job.state", state: "running" }]);
    tenant.jobs[0] = stored("a", { state: "failed", error: "Crash", finishedAt: 0 });
    const next = reader.read();
    await vi.advanceTimersByTimeAsync(15_000);
    await next;
    expect(await reader.read()).toMatchObject([
      { event: "job.state", state: "failed", error: "Crash", at: "1970-01-01T00:00:00.000Z" },
    ]);
    expect(await reader.read()).toBeNull();
  });

  it("is told what came while the job was read after what was read", async () => {
    const tenant = aTenant([stored("a")]);
    const live = new LiveEvents(tenant);
    tenant.read.mockImplementationOnce(async () => {
      live.publish(happened("a", { event: "job.succeeded", state: "succeeded", attempt: 1 }));
      return tenant.jobs;
    });
    const reader = await follow(live, { jobId: "a" });
    expect(await reader.read()).toMatchObject([
      { event: "job.state", state: "running" },
      { event: "job.succeeded", state: "succeeded" },
    ]);
    expect(await reader.read()).toBeNull();
  });

  it("is told nothing of an attempt after its end, nor the same twice", async () => {
    const live = new LiveEvents(aTenant());
    const reader = await follow(live);
    live.report([started("a"), halfway("a"), halfway("a"), started("b")]);
    const ends = { event: "job.retrying", state: "retrying", attempt: 1 } as const;
    for (let times = 0; times < 2; times++) live.publish(happened("a", ends));
    live.report([started("a"), halfway("a")]);
    live.report([{ ...started("a"), attempt: 2 }]);
    expect((await reader.read())?.map((event) => event.event)).toEqual([
      "job.started",
      "job.progress",
      "job.progress",
      "job.started",
      "job.retrying",
      "job.started",
    ]);
  });

  it("is refused when the database cannot be reached, and takes no place", async () => {
    const tenant = aTenant();
    const live = new LiveEvents(tenant, LIMITS);
    tenant.mark.mockRejectedValue(new Error("D1 is away"));
    for (let times = 0; times < 3; times++) expect(await live.follow({})).toEqual({ kind: "storage_unavailable" });
    expect(live.isFollowed).toBe(false);
  });

  it("leaves no timer behind", async () => {
    const live = new LiveEvents(aTenant());
    const reader = await follow(live);
    expect(vi.getTimerCount()).toBe(1);
    await reader.cancel();
    expect(vi.getTimerCount()).toBe(0);
    expect(live.isFollowed).toBe(false);
  });
});

describe("the mark by which consumers know that somebody follows", () => {
  it("is set for as long as a stream may last, and not for each of them", async () => {
    const tenant = aTenant();
    const live = new LiveEvents(tenant);
    for (let times = 0; times < 5; times++) await (await follow(live)).cancel();
    expect(tenant.mark.mock.calls).toEqual([[Date.now() + 60 * MINUTE]]);
    await vi.advanceTimersByTimeAsync(30 * MINUTE + 1);
    await follow(live);
    expect(tenant.mark).toHaveBeenCalledTimes(2);
  });

  it("is taken away when nobody has followed for a minute and a consumer still reports, once", async () => {
    const tenant = aTenant();
    const live = new LiveEvents(tenant);
    const reader = await follow(live);
    const readAll = async () => {
      while ((await reader.read()) !== null);
    };
    const read = readAll();
    await vi.advanceTimersByTimeAsync(2 * MINUTE);
    live.report([started("a")]);
    await reader.cancel();
    await read;
    await vi.advanceTimersByTimeAsync(MINUTE - 1);
    live.report([halfway("a")]);
    expect(tenant.unmark).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    for (let times = 0; times < 5; times++) live.report([halfway("a")]);
    expect(tenant.unmark.mock.calls).toEqual([[Date.now() + 60 * MINUTE]]);
    await follow(live);
    expect(tenant.mark).toHaveBeenCalledTimes(2);
  });
});
