import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import page from "../../docs/ingest.md?raw";
import { eventsIngest } from "../../src/handlers/events-ingest.ts";
import type { QueueMessage } from "../../src/protocol/queue-message.ts";
import { runBatchHandler } from "../../src/testing/run-batch-handler.ts";
import { consume, enqueueUnsent, packed } from "../support/consume.ts";
import { draft } from "../support/drafts.ts";
import { meterD1 } from "../support/metered-d1.ts";
import { type Reading, someReadings, tablesIn, type Window, windowsOf } from "../support/readings.ts";
import { statesOf } from "../support/rows.ts";
import { createTenant } from "../support/tenants.ts";

const MINUTE = 60_000;
const LOST = "D1_ERROR: Network connection lost.";

beforeAll(async () => {
  for (const statement of tablesIn(page)) await env.DB.exec(statement);
});

async function newTenant(): Promise<string> {
  return (await createTenant({ concurrency: 1_000 })).id;
}

async function windows(tenantId: string, width = MINUTE): Promise<Window[]> {
  const { results } = await env.DB.prepare(
    `SELECT start, series, count, sum, min, max, last, last_at FROM reading_windows
     WHERE tenant_id = ?1 AND width = ?2 ORDER BY start, series`,
  )
    .bind(tenantId, width)
    .all<Window>();
  return results;
}

async function countedJobs(tenantId: string): Promise<number> {
  const rows = env.DB.prepare("SELECT count(*) AS rows FROM counted_jobs WHERE tenant_id = ?1").bind(tenantId);
  return (await rows.first<number>("rows")) ?? 0;
}

const job = (...readings: readonly Reading[]) =>
  draft({ type: "events.ingest", payload: JSON.stringify({ readings }), maxAttempts: 10 });

/** Brings back whatever has not finished, as the gate would, once its lease or its backoff is over. */
async function bringBack({ tenantId, jobIds }: QueueMessage): Promise<void> {
  await env.DB.prepare(
    `UPDATE jobs SET state = 'queued', released = 1, ready_at = 1, due_at = ?3, claim = NULL, lease_until = NULL
     WHERE tenant_id = ?1 AND id IN (SELECT value FROM json_each(?2)) AND finished_at IS NULL`,
  )
    .bind(tenantId, JSON.stringify(jobIds), Date.now() + MINUTE)
    .run();
}

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
    await env.DB.prepare(
      "UPDATE jobs SET finished_at = NULL, due_at = 1, state = 'retrying', released = 0 WHERE tenant_id = ?1 AND finished_at IS NOT NULL",
    )
      .bind(tenantId)
      .run();
    await bringBack(message);
    await consume([handler], packed(message));
    expect(await statesOf(tenantId)).toEqual({ succeeded: 100 });
    expect(await windows(tenantId)).toEqual(windowsOf(readings, MINUTE));
  });

  it("counts an id once, whichever jobs bring it: side by side, later, or as a replay", async () => {
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

  it("refuses windows that do not divide a day", () => {
    expect(() => eventsIngest({ database: () => env.DB, window: "7m" })).toThrow(/a day cannot be divided/);
  });

  it("is tried again, and says what to do, while the deployment has no database", async () => {
    const missing = eventsIngest({ database: () => undefined as unknown as D1Database });
    const [outcome] = await runBatchHandler(missing, [{ readings: someReadings(1) }]);
    expect(outcome).toMatchObject({ kind: "retry", error: { message: expect.stringContaining("wrangler.toml") } });
  });

  describe("is exact when D1 fails", () => {
    // The handler's batch and the statements of the finish are the D1 calls of a run after its claim.
    it.each((["before", "after", "for good"] as const).flatMap((how) => [1, 2, 3].map((call) => [how, call] as const)))(
      "%s it has run the call %i",
      async (how, failing) => {
        const tenantId = await newTenant();
        const readings = someReadings(60);
        const message = await enqueueUnsent(
          tenantId,
          readings.map((reading) => job(reading)),
        );
        let calls = 0;
        let faults = 0;
        const faulty = async <T>(call: () => Promise<T>): Promise<T> => {
          const n = ++calls;
          const fails = how === "for good" ? n >= failing : n === failing;
          if (fails) faults++;
          if (fails && how === "before") throw new Error(LOST);
          const answer = fails && how === "for good" && n > failing ? undefined : await call();
          if (fails) throw new Error(LOST);
          return answer as T;
        };
        const db = faultyD1(faulty);
        vi.useFakeTimers({ toFake: ["setTimeout"] });
        const consumed = consume([eventsIngest({ database: () => db })], packed(message), {
          bindings: { DB: claims(db) },
        });
        await untilDone(consumed);
        vi.useRealTimers();
        if (failing < 3 || how === "for good") expect(faults).toBeGreaterThan(0);
        const before = await statesOf(tenantId);
        for (let attempt = 0; attempt < 4 && (await statesOf(tenantId))["succeeded"] !== 60; attempt++) {
          await bringBack(message);
          await consume([eventsIngest({ database: () => env.DB })], packed(message));
        }
        expect({ before, after: await statesOf(tenantId) }).toMatchObject({ after: { succeeded: 60 } });
        expect(await windows(tenantId)).toEqual(windowsOf(readings, MINUTE));
      },
    );
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
    console.log(meter.costs);
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
    console.log(meter.costs);
  });
});

type Faulty = <T>(call: () => Promise<T>) => Promise<T>;

function faultyD1(faulty: Faulty): D1Database {
  const inner = new WeakMap<object, D1PreparedStatement>();
  const wrap = (statement: D1PreparedStatement): D1PreparedStatement => {
    const wrapped = {
      bind: (...values: unknown[]) => wrap(statement.bind(...values)),
      all: () => faulty(() => statement.all()),
      run: () => faulty(() => statement.run()),
      first: () => faulty(() => statement.first()),
    } as unknown as D1PreparedStatement;
    inner.set(wrapped, statement);
    return wrapped;
  };
  return {
    prepare: (sql: string) => wrap(env.DB.prepare(sql)),
    batch: (statements: D1PreparedStatement[]) =>
      faulty(() => env.DB.batch(statements.map((statement) => inner.get(statement) ?? statement))),
  } as unknown as D1Database;
}

/** The same, without faults for the claim. */
function claims(db: D1Database): D1Database {
  const prepare = (sql: string) => (sql.includes("attempt = attempt + 1") ? env.DB : db).prepare(sql);
  return { prepare, batch: db.batch.bind(db) } as unknown as D1Database;
}

/** Lets the finisher's pauses pass at once. */
async function untilDone(work: Promise<unknown>): Promise<void> {
  let done = false;
  const ended = work.finally(() => {
    done = true;
  });
  while (!done) {
    await vi.advanceTimersByTimeAsync(1_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await ended;
}
