import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { eventsIngest } from "../../src/handlers/events-ingest.ts";
import { runBatchHandler } from "../../src/testing/run-batch-handler.ts";
import { consume, enqueueUnsent, packed } from "../support/consume.ts";
import { draft } from "../support/drafts.ts";
import { bringBack, makeTables, windows } from "../support/ingest.ts";
import { meterD1 } from "../support/metered-d1.ts";
import { type Reading, someReadings, windowsOf } from "../support/readings.ts";
import { statesOf } from "../support/rows.ts";
import { createTenant } from "../support/tenants.ts";

const MINUTE = 60_000;

beforeAll(makeTables);

async function newTenant(): Promise<string> {
  return (await createTenant({ concurrency: 1_000 })).id;
}

async function countedJobs(tenantId: string): Promise<number> {
  const rows = env.DB.prepare("SELECT count(*) AS rows FROM counted_jobs WHERE tenant_id = ?1").bind(tenantId);
  return (await rows.first<number>("rows")) ?? 0;
}

const job = (...readings: readonly Reading[]) =>
  draft({ type: "events.ingest", payload: JSON.stringify({ readings }), maxAttempts: 10 });

describe("events.ingest", () => {
  it("counts hundreds of jobs in one transaction", async () => {
    const tenantId = await newTenant();
    const readings = someReadings(500);
    const message = await enqueueUnsent(
      tenantId,
      readings.map((reading) => job(reading)),
    );
    const batch = vi.fn(env.DB.batch.bind(env.DB));
    const database = () => ({ prepare: env.DB.prepare.bind(env.DB), batch }) as unknown as D1Database;
    await consume([eventsIngest({ database })], packed(message));
    expect(await statesOf(tenantId)).toEqual({ succeeded: 500 });
    expect(await windows(tenantId)).toEqual(windowsOf(readings, MINUTE));
    expect(batch).toHaveBeenCalledTimes(1);
  });

  it("takes several readings in a job, and times as ISO 8601", async () => {
    const tenantId = await newTenant();
    const readings = someReadings(2_500, { devices: 40, minutes: 120 });
    const payloads = Array.from({ length: 25 }, (_, n) => ({
      readings: readings
        .slice(100 * n, 100 * (n + 1))
        .map((reading) => ({ ...reading, at: new Date(reading.at).toISOString() })),
    }));
    const message = await enqueueUnsent(
      tenantId,
      payloads.map((payload) => draft({ type: "events.ingest", payload: JSON.stringify(payload) })),
    );
    await consume([eventsIngest({ database: () => env.DB, window: "1h" })], packed(message));
    expect(await windows(tenantId, 60 * MINUTE)).toEqual(windowsOf(readings, 60 * MINUTE));
  });

  it("counts nothing twice when its jobs run again, and the rest when some are new", async () => {
    const tenantId = await newTenant();
    const readings = someReadings(100);
    const drafts = readings.map((reading) => job(reading));
    const message = await enqueueUnsent(tenantId, drafts);
    const handler = eventsIngest({ database: () => env.DB });
    await consume([handler], packed({ ...message, jobIds: message.jobIds.slice(0, 60) }));
    await bringBack(message, { finished: true });
    await consume([handler], packed(message));
    expect(await statesOf(tenantId)).toEqual({ succeeded: 100 });
    expect(await windows(tenantId)).toEqual(windowsOf(readings, MINUTE));
  });

  it("counts an id once, whichever jobs bring it, together or later", async () => {
    const tenantId = await newTenant();
    const [reading = { series: "x", at: 0, value: 0 }, other] = someReadings(2);
    const payload = JSON.stringify({ id: "message-1", readings: [reading, other] });
    const handler = eventsIngest({ database: () => env.DB });
    for (let round = 0; round < 2; round++) {
      const twice = [draft({ type: "events.ingest", payload }), draft({ type: "events.ingest", payload })];
      await consume([handler], [await enqueueUnsent(tenantId, twice)]);
    }
    expect(await windows(tenantId)).toEqual(windowsOf([reading, other ?? reading], MINUTE));
  });

  it("keeps tenants apart", async () => {
    const tenants = [await newTenant(), await newTenant()];
    const readings = someReadings(30);
    for (const tenantId of tenants) {
      await consume([eventsIngest({ database: () => env.DB })], [await enqueueUnsent(tenantId, [job(...readings)])]);
    }
    for (const tenantId of tenants) expect(await windows(tenantId)).toEqual(windowsOf(readings, MINUTE));
  });

  it("takes values and names as they are", async () => {
    const tenantId = await newTenant();
    const at = 1_795_000_000_000;
    const readings = [
      { series: "1e3", at, value: 9e18 },
      { series: "1e3", at, value: 9e18 },
      { series: "naïve 'x' \"y\" 🌡", at, value: -1e100 },
      { series: "naïve 'x' \"y\" 🌡", at: at + 1, value: 0.1 },
    ];
    await consume([eventsIngest({ database: () => env.DB })], [await enqueueUnsent(tenantId, [job(...readings)])]);
    expect(await windows(tenantId)).toEqual(windowsOf(readings, MINUTE));
  });

  it.each([
    ["no reading", { readings: [] }],
    ["a series without a name", { readings: [{ series: "", at: 1, value: 1 }] }],
    ["a control character", { readings: [{ series: "a\u0000", at: 1, value: 1 }] }],
    ["no time", { readings: [{ series: "a", at: "yesterday", value: 1 }] }],
    ["a time far ahead", { readings: [{ series: "a", at: Date.now() + 2 * 86_400_000, value: 1 }] }],
    ["what is no number", { readings: [{ series: "a", at: 1, value: "1" }] }],
    ["more than a thousand", { readings: someReadings(1_001) }],
  ])("refuses %s", async (_, payload) => {
    const [outcome] = await runBatchHandler(eventsIngest({ database: () => env.DB }), [payload as never]);
    expect(outcome).toMatchObject({ kind: "failed", error: { name: "InvalidPayload" } });
  });

  it("counts an id once for each type", async () => {
    const tenantId = await newTenant();
    const readings = someReadings(5);
    const handlers = [
      eventsIngest({ database: () => env.DB }),
      eventsIngest({ database: () => env.DB, type: "events.hours", window: "1h" }),
    ];
    const payload = JSON.stringify({ id: "message-2", readings });
    const drafts = handlers.map(({ type }) => draft({ type, payload }));
    await consume(handlers, [await enqueueUnsent(tenantId, drafts)]);
    expect(await windows(tenantId)).toEqual(windowsOf(readings, MINUTE));
    expect(await windows(tenantId, 60 * MINUTE)).toEqual(windowsOf(readings, 60 * MINUTE));
  });

  it("refuses to forget jobs that may still run again", () => {
    expect(() => eventsIngest({ database: () => env.DB, keep: "1m" })).toThrow(/keep must be at least/);
  });

  it("refuses windows that do not divide a day", () => {
    expect(() => eventsIngest({ database: () => env.DB, window: "7m" })).toThrow(/a day cannot be divided/);
  });

  it("is tried again, and says what to do, while the deployment has no database", async () => {
    const missing = eventsIngest({ database: () => undefined as unknown as D1Database });
    const [outcome] = await runBatchHandler(missing, [{ readings: someReadings(1) }]);
    expect(outcome).toMatchObject({ kind: "retry", error: { message: expect.stringContaining("wrangler.toml") } });
  });
});

describe("the rows of events.ingest", () => {
  it("that are written are one for each job and one for each window", async () => {
    const tenantId = await newTenant();
    const readings = someReadings(100, { devices: 10, minutes: 1 });
    const meter = meterD1(env.DB);
    const handler = eventsIngest({ database: () => meter.db });
    await consume(
      [handler],
      packed(
        await enqueueUnsent(
          tenantId,
          readings.map((reading) => job(reading)),
        ),
      ),
    );
    expect(meter.total().written).toBe(100 + 10);
    meter.costs.length = 0;
    await consume([handler], packed(await enqueueUnsent(tenantId, [job(...readings)])));
    expect(meter.total().written).toBe(1 + 10);
  });

  it("that tell which jobs were counted are deleted later, a bounded number at a time", async () => {
    const tenantId = await newTenant();
    const other = await newTenant();
    for (const owner of [tenantId, other]) {
      await env.DB.prepare(
        `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 20000)
         INSERT INTO counted_jobs SELECT ?1, 1000 + n / 100, n, iif(n % 5 = 0, ?2, 1000) FROM n`,
      )
        .bind(owner, Date.now())
        .run();
    }
    const meter = meterD1(env.DB);
    const readings = someReadings(100, { devices: 1, minutes: 1 });
    const handler = eventsIngest({ database: () => meter.db, keep: "1h" });
    await consume(
      [handler],
      packed(
        await enqueueUnsent(
          tenantId,
          readings.map((reading) => job(reading)),
        ),
      ),
    );
    // Of the oldest 200 those that were counted long ago.
    expect(await countedJobs(tenantId)).toBe(20_000 - 160 + 100);
    expect(await countedJobs(other)).toBe(20_000);
    expect(meter.total().read).toBeLessThan(2_000);
  });
});
