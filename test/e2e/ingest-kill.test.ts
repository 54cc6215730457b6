import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { v7 } from "uuid";
import { afterAll, beforeAll, expect, it } from "vitest";
import { THIS_PROJECT } from "../../scripts/this-project.ts";
import { bundleWorker } from "../../scripts/worker-bundle.ts";
import { type D1, execute } from "../../src/cli/d1.ts";
import { type LocalRuntime, startRuntime } from "../../src/cli/local-runtime.ts";
import { prepareState } from "../../src/cli/local-state.ts";
import { freePort } from "../../src/cli/port.ts";
import { createClient } from "../../src/client/client.ts";
import { READ_WINDOWS, type Reading, someReadings, tablesIn, windowsOf } from "../support/readings.ts";

const MINUTE = 60_000;
const READINGS = 4_000;
const PER_JOB = 2;
const PER_REQUEST = 200;
/** How long it runs before each kill: a batch of jobs takes 300 ms. */
const KILL_AFTER_MS = [700, 400, 1_100, 250];
const DRAIN_MS = 120_000;
const TENANT = "ingest";
/** Jobs that ran once more after their readings were counted. */
const COUNTED_BEFORE = `SELECT count(*) AS jobs FROM jobs AS j
  JOIN counted_jobs AS c ON c.tenant_id = j.tenant_id AND c.id = j.id WHERE c.counted_at < j.started_at`;

let d1: D1;
let stateDir: string;
let key: string;
let bundle: string;
let port: number;
let runtime: LocalRuntime;

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "sluice-ingest-kill-"));
  d1 = { project: THIS_PROJECT, stateDir };
  ({ [TENANT]: key } = await prepareState(THIS_PROJECT, stateDir, [{ id: TENANT, rate: 10_000, burst: 10_000 }]));
  await execute(d1, tablesIn(readFileSync(new URL("../../docs/ingest.md", import.meta.url), "utf8")));
  bundle = await bundleWorker(stateDir, fileURLToPath(new URL("../support/ingest-worker.ts", import.meta.url)));
  port = await freePort();
  runtime = await start();
});

afterAll(async () => {
  await runtime?.stop();
  await rm(stateDir, { recursive: true, force: true });
});

it("counts no reading twice and loses none, however often everything is killed after a commit", async () => {
  const readings = someReadings(READINGS, { devices: 20, minutes: 10 });
  const enqueued = enqueueAll(readings);
  for (const afterMs of KILL_AFTER_MS) {
    await pause(afterMs);
    await runtime.kill();
    runtime = await start();
  }
  await enqueued;
  const loadedAt = performance.now();
  await drained();
  const drainedIn = (performance.now() - loadedAt) / 1_000;
  await runtime.stop();

  const [jobs, windows, between] = await execute(d1, [
    `SELECT state, count(*) AS jobs FROM jobs WHERE tenant_id = '${TENANT}' GROUP BY state`,
    READ_WINDOWS.replace("?1", `'${TENANT}'`).replace("?2", String(MINUTE)),
    COUNTED_BEFORE,
  ]);
  console.log(
    `${KILL_AFTER_MS.length} × kill -9: ${READINGS} readings in ${READINGS / PER_JOB} jobs, ${String(between?.[0]?.["jobs"])} of them ` +
      `killed between their commit and their end and run again, drained in ${drainedIn.toFixed(1)} s`,
  );
  expect(jobs).toEqual([{ state: "succeeded", jobs: READINGS / PER_JOB }]);
  expect(windows).toEqual(windowsOf(readings, MINUTE));
  // Otherwise nothing was killed that mattered.
  expect(between?.[0]?.["jobs"]).toBeGreaterThan(0);
});

/** In batches, each sent again until it is acknowledged. */
async function enqueueAll(readings: readonly Reading[]): Promise<void> {
  const jobs = Array.from({ length: readings.length / PER_JOB }, (_, n) => ({
    id: v7(),
    type: "lingering",
    payload: { readings: readings.slice(PER_JOB * n, PER_JOB * (n + 1)) },
    maxAttempts: 25,
  }));
  for (let from = 0; from < jobs.length; from += PER_REQUEST) {
    const body = JSON.stringify({ jobs: jobs.slice(from, from + PER_REQUEST) });
    while (!(await isAcknowledged(body))) await pause(100);
    await pause(250);
  }
}

async function isAcknowledged(body: string): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/v1/jobs/batch`, {
      method: "POST",
      headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
      body,
      signal: AbortSignal.timeout(3_000),
    });
    const text = await response.text();
    if (response.status < 500 && response.status !== 202) throw new TypeError(text);
    return response.status === 202;
  } catch (error) {
    if (error instanceof TypeError && error.message.startsWith("{")) throw error;
    return false;
  }
}

async function drained(): Promise<void> {
  const { jobs } = createClient({ url: runtime.url, key });
  const deadline = Date.now() + DRAIN_MS;
  for (;;) {
    const unfinished = jobs.list({ state: ["scheduled", "queued", "running", "retrying"] })[Symbol.asyncIterator]();
    const { done } = await unfinished.next();
    if (done) return;
    if (Date.now() > deadline) throw new Error("the jobs do not end");
    await pause(500);
  }
}

function start(): Promise<LocalRuntime> {
  return startRuntime({
    project: THIS_PROJECT,
    stateDir,
    port,
    bundle,
    vars: {
      SLUICE_PICKUP_WINDOW_MS: 1_000,
      SLUICE_LEASE_GRACE_MS: 2_000,
      // No job is to blame for a kill: none may be given up.
      SLUICE_CRASH_LIMIT: 10,
    },
    log: join(stateDir, "wrangler.log"),
  });
}
