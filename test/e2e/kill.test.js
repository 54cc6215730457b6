import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { THIS_PROJECT } from "../../scripts/this-project.ts";
import { bundleWorker } from "../../scripts/worker-bundle.ts";
import { startRuntime } from "../../src/cli/local-runtime.ts";
import { prepareState } from "../../src/cli/local-state.ts";
import { freePort } from "../../src/cli/port.ts";
import { createClient } from "../../src/client/client.ts";
import { HoldingReceiver } from "./holding-receiver.ts";
import { SteadyLoad } from "./steady-load.ts";

/** How long it runs before each kill; up to half a second is added. */
const KILL_AFTER_MS = [1500, 100, 2500, 300, 0, 1200, 700, 20, 2000];
const DRAIN_MS = 60000;
let stateDir;
let key;
let bundle;
let port;
let receiver;
let runtime;
let kills = 0;
beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "sluice-kill-"));
  ({ kill: key } = await prepareState(THIS_PROJECT, stateDir, [{ id: "kill" }]));
  bundle = await bundleWorker(stateDir, fileURLToPath(new URL("../support/short-lease-worker.ts", import.meta.url)));
  port = await freePort();
  receiver = await HoldingReceiver.start();
  runtime = await start();
});
afterAll(async () => {
  await runtime?.stop();
  receiver?.close();
  await rm(stateDir, { recursive: true, force: true });
});
it("runs every acknowledged job to its end, never twice at a time, however often everything is killed", async () => {
  const load = new SteadyLoad({ url: runtime.url, key, receiver: `http://${receiver.host}/` });
  for (const afterMs of KILL_AFTER_MS) {
    await pause(afterMs + Math.random() * 500);
    // At the moment of an acknowledgement: what was to be done after it does not get done.
    await load.nextAcknowledgement();
    await restart();
  }
  await pause(1000);
  await load.stop();
  // Once more, and then nobody calls: only the alarms are left to bring the jobs back.
  await restart();
  const loadedAt = performance.now();
  const jobs = await drained(createClient({ url: runtime.url, key }));
  const unfinished = jobs.filter((job) => job.state !== "succeeded");
  const present = new Set(jobs.map((job) => job.id));
  const lost = [...load.acknowledged].filter((id) => !present.has(id));
  const unanswered = jobs.filter((job) => job.state === "succeeded" && !receiver.hasAnswered(job.id));
  console.log(
    `${kills} × kill -9: ${load.acknowledged.size} jobs acknowledged (${load.retries} tries without), ` +
      `${receiver.runs.length} runs, ${receiver.runs.filter((run) => !run.answered).length} of them cut off, ` +
      `${jobs.filter((job) => job.errors.some(({ kind }) => kind === "crash")).length} jobs recovered, ` +
      `lost ${lost.length}, unfinished ${unfinished.length}, overlaps ${receiver.overlaps.length}, ` +
      `drained in ${((performance.now() - loadedAt) / 1000).toFixed(1)} s`,
  );
  expect(lost).toEqual([]);
  expect(unfinished.map(({ id, state, errors }) => ({ id, state, errors }))).toEqual([]);
  expect(receiver.overlaps).toEqual([]);
  expect(unanswered).toEqual([]);
  expect(jobs.length).toBe(load.acknowledged.size);
  // Otherwise nothing was killed that mattered.
  expect(receiver.runs.some((run) => !run.answered)).toBe(true);
});
async function restart() {
  await runtime.kill();
  runtime = await start();
  kills++;
}
function start() {
  return startRuntime({
    project: THIS_PROJECT,
    stateDir,
    port,
    bundle,
    vars: {
      SLUICE_ALLOW_LOOPBACK: receiver.host,
      // Shorter than a run: jobs that wait are delivered again and again, and none may start twice.
      SLUICE_PICKUP_WINDOW_MS: 200,
      SLUICE_LEASE_GRACE_MS: 2000,
      SLUICE_HANDLER_CONCURRENCY: 20,
      // No job is to blame for a kill: none may be given up.
      SLUICE_CRASH_LIMIT: 10,
    },
    log: join(stateDir, "wrangler.log"),
  });
}
/** The tenant's jobs once all have finished, or as they are after a while. */
async function drained(client) {
  const deadline = Date.now() + DRAIN_MS;
  for (;;) {
    const jobs = await Array.fromAsync(client.jobs.list());
    if (jobs.every((job) => job.finishedAt !== null) || Date.now() > deadline) return jobs;
    await pause(500);
  }
}
