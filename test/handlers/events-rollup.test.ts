import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import hourly from "../../node_modules/vega-datasets/data/seattle-weather-hourly-normals.csv?raw";
import type { Jobs } from "../../src/domain/registry.ts";
import { eventsIngest } from "../../src/handlers/events-ingest.ts";
import { eventsRollup } from "../../src/handlers/events-rollup.ts";
import { runHandler } from "../../src/testing/run-handler.ts";
import { consume, enqueueUnsent, packed } from "../support/consume.ts";
import { draft } from "../support/drafts.ts";
import { makeTables, windows } from "../support/ingest.ts";
import { meterD1 } from "../support/metered-d1.ts";
import { type Reading, someReadings, type Window, windowsOf } from "../support/readings.ts";
import { statesOf } from "../support/rows.ts";
import { createTenant } from "../support/tenants.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

beforeAll(makeTables);

type Tables = { readonly tenantId: string; readonly database: () => D1Database };

/** Tables with readings in them, counted into minutes. */
async function ingested(readings: readonly Reading[], into?: Tables): Promise<Tables> {
  const tables = into ?? { tenantId: (await createTenant({ concurrency: 1_000 })).id, database: () => env.DB };
  const jobs = Array.from({ length: Math.ceil(readings.length / 100) }, (_, n) =>
    draft({ type: "events.ingest", payload: JSON.stringify({ readings: readings.slice(100 * n, 100 * (n + 1)) }) }),
  );
  await consume([eventsIngest(tables)], packed(await enqueueUnsent(tables.tenantId, jobs)));
  expect(await statesOf(tables.tenantId)).not.toHaveProperty("retrying");
  return tables;
}

type Payload = Jobs<[ReturnType<typeof eventsRollup>]>["events.rollup"]["payload"];

/** Runs the handler, and as long as it leaves something to another job, that one. */
async function rollUp({ tenantId, database }: Tables, payload: Payload): Promise<{ runs: number; written: number }> {
  const handler = eventsRollup({ database });
  let next: Payload | null = payload;
  let runs = 0;
  let written = 0;
  while (next !== null) {
    const given: Payload = next;
    next = null;
    const enqueued = (child: { payload?: unknown }) => {
      next = child.payload as Payload;
    };
    const outcome = await runHandler(handler, given, { tenantId, enqueued });
    if (outcome.kind !== "succeeded") throw new Error(JSON.stringify(outcome));
    written += (outcome.result as { written: number }).written;
    runs++;
  }
  return { runs, written };
}

/** A week in May 2010, hour by hour: temperature, pressure and wind in Seattle. */
function measured(): Reading[] {
  const rows = hourly
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split(","));
  return rows.slice(2_904, 2_904 + 7 * 24).flatMap(([date, ...values]) =>
    ["pressure", "temperature", "wind"].map((name, n) => ({
      series: `seattle/${name}`,
      at: Date.parse(`${date}Z`),
      value: Number(values[n]),
    })),
  );
}

describe("events.rollup", () => {
  it("makes days of hours, as the readings themselves would give them", async () => {
    const readings = measured();
    const tables = await ingested(readings);
    const until = Math.max(...readings.map(({ at }) => at));
    await rollUp(tables, { from: "1m", to: "1h", last: 24 * 8, until });
    await rollUp(tables, { from: "1h", to: "1d", last: 8, until });
    expect(await windows(tables.tenantId, HOUR)).toEqual(windowsOf(readings, HOUR));
    const close = (rows: Window[]) => rows.map((row) => ({ ...row, sum: row.sum.toFixed(6) }));
    expect(close(await windows(tables.tenantId, DAY))).toEqual(close(windowsOf(readings, DAY)));
  });

  it("changes nothing when it runs again, and writes nothing", async () => {
    const readings = someReadings(1_000, { minutes: 180 });
    const tables = await ingested(readings);
    const payload = { from: "1m", to: "1h", last: 3, until: Math.max(...readings.map(({ at }) => at)) } as const;
    expect(await rollUp(tables, payload)).toEqual({ runs: 1, written: 30 });
    expect(await rollUp(tables, payload)).toEqual({ runs: 1, written: 0 });
    expect(await windows(tables.tenantId, HOUR)).toEqual(windowsOf(readings, HOUR));
  });

  it("has readings that come late, in the windows that it computes again", async () => {
    const readings = someReadings(500, { minutes: 240 });
    const tables = await ingested(readings);
    const payload = { from: "1m", to: "1h", last: 4, until: Math.max(...readings.map(({ at }) => at)) } as const;
    await rollUp(tables, payload);
    const late = someReadings(50, { minutes: 120, seed: 8, devices: 20 });
    await ingested(late, tables);
    await rollUp(tables, { ...payload, last: 2 });
    expect(await windows(tables.tenantId, HOUR)).not.toEqual(windowsOf([...readings, ...late], HOUR));
    await rollUp(tables, payload);
    expect(await windows(tables.tenantId, HOUR)).toEqual(windowsOf([...readings, ...late], HOUR));
  });

  it("computes the present window, and those before it, when nobody says which", async () => {
    const now = Date.now();
    const readings = [0, 1, 2, 3].map((hours) => ({ series: "a", at: now - hours * HOUR, value: hours }));
    const tables = await ingested(readings);
    await rollUp(tables, { from: "1m", to: "1h" });
    expect(await windows(tables.tenantId, HOUR)).toEqual(windowsOf(readings.slice(0, 3), HOUR));
  });

  it("goes page by page through many series, and reads a bounded number of rows for each", async () => {
    const readings = Array.from({ length: 2_600 }, (_, n) => ({
      series: `meter ${n % 1_300}`,
      at: 1_794_960_000_000 + (n < 1_300 ? 0 : 3 * MINUTE),
      value: n,
    }));
    const tables = await ingested(readings);
    const meter = meterD1(env.DB);
    await rollUp({ ...tables, database: () => meter.db }, { from: "1m", to: "1h", last: 1, until: 1_794_960_000_000 });
    expect(await windows(tables.tenantId, HOUR)).toEqual(windowsOf(readings, HOUR));
    expect(meter.total().written).toBe(1_300);
    // Three pages, of 500 series each at most: their end, and their windows.
    expect(meter.costs).toHaveLength(6);
    expect(Math.max(...meter.costs.map(({ read }) => read))).toBeLessThan(10_000);
  });

  it("leaves to another job what is too much for one", async () => {
    const readings = someReadings(100, { minutes: 60 });
    const tables = await ingested(readings);
    const until = Math.max(...readings.map(({ at }) => at)) + 100 * HOUR;
    expect(await rollUp(tables, { from: "1m", to: "1h", last: 450, until })).toEqual({ runs: 3, written: 10 });
    expect(await windows(tables.tenantId, HOUR)).toEqual(windowsOf(readings, HOUR));
  });

  it("reads and writes only what is of its tenant", async () => {
    const readings = someReadings(100, { minutes: 60 });
    const tables = await ingested(readings);
    const other = await ingested(someReadings(100, { minutes: 60, seed: 9 }));
    await rollUp(tables, { from: "1m", to: "1h", last: 1, until: Math.max(...readings.map(({ at }) => at)) });
    expect(await windows(tables.tenantId, HOUR)).toEqual(windowsOf(readings, HOUR));
    expect(await windows(other.tenantId, HOUR)).toEqual([]);
  });

  it.each([
    ["a window that does not divide a day", { from: "1m", to: "7m" }],
    ["one that is no multiple", { from: "45m", to: "1h" }],
    ["the same width", { from: "1h", to: "1h" }],
    ["more than 120 in one", { from: "1m", to: "1d" }],
    ["more than a thousand windows", { from: "1m", to: "1h", last: 1_001 }],
  ])("refuses %s", async (_, payload) => {
    const outcome = await runHandler(eventsRollup({ database: () => env.DB }), payload as Payload);
    expect(outcome).toMatchObject({ kind: "failed", error: { name: "InvalidPayload" } });
  });
});
