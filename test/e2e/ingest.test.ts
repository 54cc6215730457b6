import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type Runtime, startRuntime } from "../../bench/runtime.ts";
import { createClient } from "../../src/client/client.ts";
import { READ_WINDOWS, type Reading, someReadings, tablesIn, type Window, windowsOf } from "../support/readings.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const READINGS = 20_000;
const PER_REQUEST = 500;
const ROUNDS = 5;
const PER_ROUND = 2_000;
const TENANTS = ["exact", "events.ingest", "one-by-one"] as const;
type Tenant = (typeof TENANTS)[number];

let stateDir: string;
let runtime: Runtime<Tenant>;
let db: Awaited<ReturnType<Runtime<Tenant>["miniflare"]["getD1Database"]>>;

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "sluice-ingest-"));
  runtime = await startRuntime({
    stateDir,
    main: "test/support/ingest-worker.ts",
    tenants: TENANTS.map((id) => ({ id, rate: 100_000, burst: 100_000 })),
    vars: { SLUICE_CONCURRENCY: "1000" },
  });
  db = await runtime.miniflare.getD1Database("DB");
  const page = readFileSync(new URL("../../docs/ingest.md", import.meta.url), "utf8");
  for (const statement of tablesIn(page)) await db.prepare(statement).run();
});

afterAll(async () => {
  await runtime?.stop();
  await rm(stateDir, { recursive: true, force: true });
});

it("counts 20,000 readings as they are counted here, and a schedule rolls them up", async () => {
  const from = Date.now() - (Date.now() % HOUR) - 3 * HOUR;
  const readings = someReadings(READINGS, { devices: 200, minutes: 150, from });
  await enqueue("exact", "events.ingest", readings);
  await ended("exact", READINGS);
  expect(await windows("exact", MINUTE)).toEqual(windowsOf(readings, MINUTE));

  const { schedules } = createClient({ url: runtime.url, key: runtime.keys.exact });
  const payload = { from: "1m", to: "1h", last: 5 };
  await schedules.set("hours", { cron: "* * * * * *", type: "events.rollup", payload, overlap: "skip" });
  await vi.waitFor(async () => expect(await windows("exact", HOUR)).toHaveLength(3 * 200), { timeout: 20_000 });
  await schedules.delete("hours");
  expect(await windows("exact", HOUR)).toEqual(windowsOf(readings, HOUR));
});

it("ends more jobs in a second than a handler with a statement for each", async () => {
  const seconds = { "events.ingest": [] as number[], "one-by-one": [] as number[] };
  const kinds = ["events.ingest", "one-by-one"] as const;
  // The first round pays for what is only made once.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const kind of round % 2 === 0 ? kinds : kinds.toReversed()) {
      const begun = Date.now();
      await enqueue(kind, kind, someReadings(PER_ROUND, { devices: 100, minutes: 2, seed: round + 1 }));
      const endedAt = await ended(kind, (round + 1) * PER_ROUND);
      if (round > 0) seconds[kind].push((endedAt - begun) / 1_000);
    }
  }
  const rates = kinds.map((kind) => PER_ROUND / median(seconds[kind]));
  const [together = 0, alone = 0] = rates;
  const ratio = together / alone;
  console.log(
    `events.ingest ${together.toFixed(0)} jobs/s, one by one ${alone.toFixed(0)} jobs/s: ${ratio.toFixed(1)} times ` +
      `(medians of ${ROUNDS} rounds of ${PER_ROUND} jobs each, in turns)`,
  );
  expect(ratio).toBeGreaterThan(2);
});

/** A job for each reading. */
async function enqueue(tenant: Tenant, type: string, readings: readonly Reading[]): Promise<void> {
  const { jobs } = createClient({ url: runtime.url, key: runtime.keys[tenant] });
  for (let from = 0; from < readings.length; from += PER_REQUEST) {
    const some = readings.slice(from, from + PER_REQUEST);
    await jobs.enqueueMany(some.map((reading) => ({ type, payload: { readings: [reading] } })));
  }
}

/** When the last of so many jobs has ended, once all of them have. */
async function ended(tenant: Tenant, jobs: number): Promise<number> {
  const states = db.prepare(
    "SELECT count(*) AS jobs, max(finished_at) AS at FROM jobs WHERE tenant_id = ?1 AND state = 'succeeded'",
  );
  const deadline = Date.now() + 120_000;
  for (;;) {
    const row = await states.bind(tenant).first<{ jobs: number; at: number }>();
    if (row?.jobs === jobs) return row.at;
    if (Date.now() > deadline) throw new Error(`${row?.jobs} of ${jobs} jobs have succeeded`);
    await pause(100);
  }
}

async function windows(tenant: Tenant, width: number): Promise<Window[]> {
  const { results } = await db.prepare(READ_WINDOWS).bind(tenant, width).all<Window>();
  return results;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
