import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { listen } from "../../scripts/listen.ts";
import { THIS_PROJECT } from "../../scripts/this-project.ts";
import { bundleWorker } from "../../scripts/worker-bundle.ts";
import { type LocalRuntime, startRuntime } from "../../src/cli/local-runtime.ts";
import { prepareState } from "../../src/cli/local-state.ts";
import { freePort } from "../../src/cli/port.ts";
import { createClient } from "../../src/client/client.ts";
import type { JobView } from "../../src/protocol/job-view.ts";

const CRASH_LIMIT = 2;
/** From its answer until a pill has struck. */
const STRIKE_MS = 200;
const SILENT_MS = 500;
const END_MS = 120_000;

/** A pill asks here before it strikes, and waits for its answer. */
const asked = createServer();
let stateDir: string;
let keys: Record<string, string>;
let bundle: string;
let port: number;
let ask: string;
let runtime: LocalRuntime;

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "sluice-poison-"));
  const tenants = ["looping", "filling", "exiting", "harmless"].map((id) => ({ id }));
  keys = await prepareState(THIS_PROJECT, stateDir, tenants);
  bundle = await bundleWorker(stateDir, fileURLToPath(new URL("../support/pill-worker.ts", import.meta.url)));
  port = await freePort();
  ask = `http://${await listen(asked)}/`;
  runtime = await start();
});

afterAll(async () => {
  await runtime?.stop();
  asked.close();
  asked.closeAllConnections();
  await rm(stateDir, { recursive: true, force: true });
});

/** Its leases are lost: the first beside the others, which is not counted, then as many as are allowed, alone. */
const FAILED_ALONE = {
  state: "failed",
  errors: ["SharedCrash", ...Array.from({ length: CRASH_LIMIT }, () => "Crash")].map((name) => ({
    kind: "crash",
    name,
  })),
};
/** It has one attempt only: what was lost beside the pill was not counted. */
const HIT_ONCE = { state: "succeeded", maxAttempts: 1, errors: [{ kind: "crash", name: "SharedCrash" }] };
const UNTOUCHED = { state: "succeeded", errors: [] };

it("fails a handler that loops for ever by itself, and finishes its neighbours", async () => {
  let question = once(asked, "request");
  await swallow("looping", "loops");
  for (let strike = 0; strike <= CRASH_LIMIT; strike++) {
    const [, answer] = (await question) as [unknown, ServerResponse];
    question = once(asked, "request");
    answer.end();
    await pause(STRIKE_MS);
    expect(await isSilent()).toBe(true);
    // The platform ends an isolate that computes for too long; here nobody else does.
    await runtime.kill();
    runtime = await start();
  }
  const { pills, bystanders } = await ends("looping");
  expect(pills).toMatchObject([FAILED_ALONE]);
  for (const bystander of bystanders) expect(bystander).toMatchObject(HIT_ONCE);
});

it.each([
  ["fills its memory", "filling", "fills-memory"],
  ["exits", "exiting", "exits"],
] as const)("fails a handler that %s by itself, and finishes its neighbours", async (_, tenant, type) => {
  await swallow(tenant, type);
  const { pills, bystanders } = await ends(tenant);
  expect(pills).toMatchObject([FAILED_ALONE]);
  for (const bystander of bystanders) expect(bystander).toMatchObject(HIT_ONCE);
});

it("touches no neighbour of handlers that lose only themselves, and counts their failures", async () => {
  await swallow("harmless", "throws-from-timer", "rejects-unheard", "recurses");
  const { pills, bystanders } = await ends("harmless");
  expect(pills.map(({ type, state, errors }) => [type, state, ...errors.map(({ kind }) => kind)])).toEqual([
    ["throws-from-timer", "failed", "timeout", "timeout"],
    ["rejects-unheard", "failed", "timeout", "timeout"],
    ["recurses", "failed", "error", "error"],
  ]);
  for (const bystander of bystanders) expect(bystander).toMatchObject(UNTOUCHED);
});

/** Enqueues pills in the midst of others: they share a message, and with it the batch. */
async function swallow(tenant: string, ...types: readonly string[]): Promise<void> {
  const bystander = { type: "bystander", payload: null };
  const pills = types.map((type) => ({ type, payload: { ask } }));
  await clientOf(tenant).jobs.enqueueMany([bystander, bystander, ...pills, bystander]);
}

/** A tenant's jobs once all of them have ended, in the order in which they came. */
async function ends(tenant: string): Promise<{ pills: JobView[]; bystanders: JobView[] }> {
  const { jobs } = clientOf(tenant);
  const deadline = Date.now() + END_MS;
  for (;;) {
    const all = (await Array.fromAsync(jobs.list()).catch(() => [])).toReversed();
    if ((all.length > 0 && all.every(({ finishedAt }) => finishedAt !== null)) || Date.now() > deadline) {
      const bystanders = all.filter(({ type }) => type === "bystander");
      expect(bystanders).toHaveLength(3);
      return { pills: all.filter(({ type }) => type !== "bystander"), bystanders };
    }
    await pause(100);
  }
}

function clientOf(tenant: string) {
  return createClient({ url: runtime.url, key: keys[tenant] ?? "" });
}

async function isSilent(): Promise<boolean> {
  try {
    await fetch(`${runtime.url}/healthz`, { signal: AbortSignal.timeout(SILENT_MS) });
    return false;
  } catch {
    return true;
  }
}

function start(): Promise<LocalRuntime> {
  return startRuntime({
    project: THIS_PROJECT,
    stateDir,
    port,
    bundle,
    vars: {
      SLUICE_CRASH_LIMIT: CRASH_LIMIT,
      SLUICE_LEASE_GRACE_MS: 1_000,
      SLUICE_PICKUP_WINDOW_MS: 500,
    },
    log: join(stateDir, "wrangler.log"),
  });
}
