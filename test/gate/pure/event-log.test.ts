import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventLog, type LoggedEvent } from "../../../src/gate/event-log.ts";

const event = (id: string): LoggedEvent => ({
  event: "job.enqueued",
  id,
  type: "noop",
  queue: "default",
  state: "queued",
  attempt: 0,
  at: 0,
  progress: null,
  error: null,
});

const ids = (log: EventLog, since: string) => log.since(since).events.map((kept) => kept.event.id);

describe("the log of a tenant's events", () => {
  it("makes each event a frame with an id of its own", () => {
    const log = new EventLog("abc", 10);
    expect(log.position).toBe("abc-0");
    const [id, name, data] = log.append(event("a")).frame.split("\n");
    expect([id, name]).toEqual(["id: abc-1", "event: job.enqueued"]);
    const { event: _, ...job } = event("a");
    expect(JSON.parse(data?.replace("data: ", "") ?? "")).toEqual({ ...job, at: "1970-01-01T00:00:00.000Z" });
    expect(log.position).toBe("abc-1");
  });

  it("tells what has come since any event that it keeps, and says when that is not all", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.nat({ max: 30 }), fc.nat({ max: 40 }), (most, count, seen) => {
        const log = new EventLog("abc", most);
        for (let n = 1; n <= count; n++) log.append(event(String(n)));
        const oldest = Math.max(0, count - most);
        const missed = seen > count ? "restarted" : seen < oldest ? "overrun" : null;
        const from = seen > count ? oldest : Math.max(seen, oldest);
        expect(log.since(`abc-${seen}`).missed).toBe(missed);
        expect(ids(log, `abc-${seen}`)).toEqual(Array.from({ length: count - from }, (_, n) => String(from + n + 1)));
      }),
    );
  });

  it.each(["xyz-1", "", "abc", "abc-", "abc--1", "abc-1x", "abc-1-1", "abc-1e3"])(
    "tells all that it keeps to who has an id of another log: %j",
    (id) => {
      const log = new EventLog("abc", 10);
      for (const job of ["a", "b"]) log.append(event(job));
      expect(log.since(id).missed).toBe("restarted");
      expect(ids(log, id)).toEqual(["a", "b"]);
    },
  );

  it("knows the newest event of a job for as long as it keeps that, and no longer", () => {
    const log = new EventLog("abc", 2);
    log.append(event("a"));
    log.append({ ...event("a"), attempt: 1 });
    log.append(event("b"));
    expect(log.newestOf("a")?.attempt).toBe(1);
    log.append(event("c"));
    expect(log.newestOf("a")).toBeUndefined();
    expect(log.newestOf("b")).toBeDefined();
  });
});
