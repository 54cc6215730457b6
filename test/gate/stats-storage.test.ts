import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { LifetimeCounter } from "../../src/domain/lifetime.ts";
import { MOST_TALLIES, Tallies } from "../../src/domain/tallies.ts";
import { readCounts, readStats } from "../../src/gate/read-stats.ts";
import { StatsStorage, type StoredTallies } from "../../src/gate/stats-storage.ts";
import { stubOf } from "../support/gate.ts";
import { createTenant } from "../support/tenants.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2027, 0, 15, 12, 30);

/** Runs something with the own storage of a gate that has none yet, and counts the rows that it writes. */
async function inStorage<T>(use: (storage: StatsStorage, written: () => number) => T): Promise<T> {
  const { id } = await createTenant();
  return runInDurableObject(stubOf(id), (_, { storage: { sql } }) => {
    let rows = 0;
    const exec = ((query: string, ...values: never[]) => {
      const cursor = sql.exec(query, ...values);
      rows += cursor.rowsWritten;
      return cursor;
    }) as SqlStorage["exec"];
    const storage = new StatsStorage({ exec } as SqlStorage);
    rows = 0;
    return use(storage, () => rows);
  });
}

function talliesAt(at: number, queues: readonly string[] = ["mail"], times = 1): StoredTallies {
  const tallies = new Tallies();
  for (const queue of queues) {
    tallies.count(queue, (tally) => {
      tally.add("admitted", times);
      tally.addTimes({ waitMs: 10, runMs: 100 });
    });
  }
  return { at, tallies };
}

const lifetime = new LifetimeCounter().pack();
const nothing = (at: number): StoredTallies => ({ at, tallies: new Tallies() });
const inOf = (storage: StatsStorage, window: "1h" | "24h" | "30d", now = NOW) => {
  const { totals, series, queues } = readStats(storage, nothing(Math.floor(now / MINUTE) * MINUTE), { window }, now);
  const inSeries = series.in.reduce((total, one) => total + one, 0);
  const ofQueues = queues.reduce((total, queue) => total + queue.in, 0);
  return [totals.in, inSeries, ofQueues];
};

describe("a gate's statistics in its own storage", () => {
  it("take one row for a minute, whatever the number of queues, and one for each time it is kept", async () => {
    const queues = Array.from({ length: MOST_TALLIES + 20 }, (_, index) => `queue-${index}`);
    const rows = await inStorage((storage, written) => {
      storage.save(talliesAt(NOW, ["mail"]), lifetime);
      const one = written();
      storage.save(talliesAt(NOW, queues), lifetime);
      return [one, written() - one];
    });
    expect(rows).toEqual([1, 1]);
  });

  it("are found again as they were kept", async () => {
    const found = await inStorage((storage) => {
      const counter = new LifetimeCounter();
      counter.add("succeeded", 7);
      storage.save(talliesAt(NOW), counter.pack());
      const { tallies } = storage.open(NOW);
      return [tallies.byQueue.get("mail")?.get("admitted"), tallies.total.run.count, storage.lifetime()?.c[5]];
    });
    expect(found).toEqual([1, 1, 7]);
  });

  it("are added up by hours that are over: one row each, and no job is lost or counted twice", async () => {
    const told = await inStorage((storage, written) => {
      for (let minute = 1; minute <= 150; minute++) storage.save(talliesAt(NOW - minute * MINUTE), lifetime);
      const before = [inOf(storage, "24h"), inOf(storage, "30d")];
      const kept = written();
      storage.rollUp(NOW);
      const rolled = written() - kept;
      storage.rollUp(NOW);
      return { before, after: [inOf(storage, "24h"), inOf(storage, "30d")], rolled, again: written() - kept - rolled };
    });
    const all = [150, 150, 150];
    expect(told).toEqual({ before: [all, all], after: [all, all], rolled: 2, again: 0 });
  });

  it("keep minutes for a day and hours for a month, and delete what is older", async () => {
    const told = await inStorage((storage, written) => {
      for (let hour = 0; hour < 40 * 24; hour++) {
        const at = NOW - 40 * DAY + hour * HOUR;
        storage.rollUp(at);
        storage.save(talliesAt(at), lifetime);
      }
      const kept = written();
      storage.rollUp(NOW);
      return { windows: [inOf(storage, "1h"), inOf(storage, "24h"), inOf(storage, "30d")], rows: kept };
    });
    expect(told.windows).toEqual([
      [0, 0, 0],
      [24, 24, 24],
      [720, 720, 720],
    ]);
    // A minute is written, added up and deleted once; an hour is deleted once.
    expect(told.rows).toBeLessThanOrEqual(4 * 40 * 24);
  });

  it("keep the lifetime when its last minute is long gone", async () => {
    const succeeded = await inStorage((storage) => {
      const counter = new LifetimeCounter();
      counter.add("succeeded", 7);
      storage.save(talliesAt(NOW - 10 * DAY), counter.pack());
      storage.rollUp(NOW);
      return storage.lifetime()?.c[5];
    });
    expect(succeeded).toBe(7);
  });

  it("count what has happened since a full minute, of all queues or of one, also what is not kept yet", async () => {
    const found = await inStorage((storage) => {
      for (const minutes of [6, 5, 1]) storage.save(talliesAt(NOW - minutes * MINUTE, ["mail", "other"]), lifetime);
      const current = talliesAt(NOW, ["mail"], 2);
      for (const count of ["succeeded", "failed", "refusedByRate", "refusedByBacklog"] as const) {
        current.tallies.count("mail", (tally) => tally.add(count));
      }
      storage.save(current, lifetime);
      current.tallies.count("mail", (tally) => tally.add("failed"));
      const since = NOW - 5 * MINUTE;
      return [null, "mail", "other", "unknown"].map((queue) => readCounts(storage, current, { queue, since }));
    });
    const now = { refused: 2, succeeded: 1, failed: 2 };
    const none = { admitted: 0, refused: 0, succeeded: 0, failed: 0 };
    expect(found).toEqual([{ admitted: 6, ...now }, { admitted: 4, ...now }, { ...none, admitted: 2 }, none]);
  });

  it("read a day of a hundred queues within a second", async () => {
    const queues = Array.from({ length: MOST_TALLIES }, (_, index) => `queue-${index}`);
    const told = await inStorage((storage) => {
      for (let minute = 0; minute < 25 * 60; minute++) {
        const at = NOW - 25 * HOUR + minute * MINUTE;
        if (at % HOUR === 0) storage.rollUp(at);
        storage.save(talliesAt(at, queues), lifetime);
      }
      const begun = performance.now();
      return { told: inOf(storage, "24h")[0], ms: performance.now() - begun };
    });
    expect(told.told).toBe(24.5 * 60 * MOST_TALLIES);
    expect(told.ms).toBeLessThan(1_000);
  });
});
