import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { inspect, parseArgs } from "node:util";
import pc from "picocolors";
import { Api } from "./demo/api.ts";
import { BURST_TENANT, burst } from "./demo/burst.ts";
import { Checks } from "./demo/checks.ts";
import { retryFailures } from "./demo/failures.ts";
import { Receiver } from "./demo/receiver.ts";
import { duration, jobTable } from "./demo/table.ts";
import { deliverWebhooks } from "./demo/webhooks.ts";
import { type LocalRuntime, startRuntime } from "./local-runtime.ts";
import { prepareState } from "./local-state.ts";
import { freePort } from "./port.ts";
import { bundleWorker } from "./worker-bundle.ts";
import { PROJECT_DIR } from "./wrangler.ts";

const NEXT = `
  Next
    npm run dev              Sluice on port 8787, with a key that stays and a curl to paste
    npm run demo -- --keep   this demo, left running to be called
    src/handlers.ts          add a job type of your own`;

const MOST_TOLD = 20;

const { values } = parseArgs({ options: { keep: { type: "boolean", default: false } } });
const began = performance.now();
const checks = new Checks();
const demoDir = join(PROJECT_DIR, ".demo");
await mkdir(demoDir, { recursive: true });
const stateDir = await mkdtemp(join(demoDir, "run-"));
const receiver = await Receiver.start();
let runtime = null as LocalRuntime | null;

const interrupted = new Promise<"interrupted">((resolve) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => resolve("interrupted"));
});
const address = await Promise.race([demo(), interrupted]);
if (address === "interrupted") process.exitCode = 130;
else report();
if (values.keep && address !== "interrupted" && address !== null) {
  console.log(`\n  Kept: ${address}   Ctrl-C ends it`);
  await Promise.race([interrupted, runtime?.ended]);
}
await runtime?.stop();
receiver.close();
// What went wrong can be looked into.
if (process.exitCode !== 1) await rm(stateDir, { recursive: true, force: true });
// Whatever an interrupted demo still waits for.
process.exit();

/** Where Sluice can be called, or null when the demo did not run to its end. */
async function demo(): Promise<string | null> {
  try {
    console.log(`${pc.dim("…")} starting Sluice: migrations, two tenants, wrangler's local runtime`);
    const tenants = [{ id: "demo" }, BURST_TENANT] as const;
    const [keys, bundle] = await Promise.all([prepareState(stateDir, tenants), bundleWorker(stateDir)]);
    const vars = { SLUICE_ALLOW_LOOPBACK: receiver.host };
    const log = join(stateDir, "wrangler.log");
    runtime = await startRuntime({ stateDir, port: await freePort(), vars, bundle, log });
    const took = duration(performance.now() - began);
    const caller = `tenant demo   key ${keys.demo}`;
    console.log(`${pc.green("✔")} Sluice on ${runtime.url} (${took})   ${caller}`);
    await run(new Api(runtime.url, keys.demo), new Api(runtime.url, keys.burst));
    return `${runtime.url}   ${caller}`;
  } catch (error) {
    checks.holds("demo", false, "to run to its end", inspect(error));
    return null;
  }
}

async function run(demoApi: Api, burstApi: Api): Promise<void> {
  const webhooks = await deliverWebhooks(demoApi, receiver, checks);
  const failures = await retryFailures(demoApi, receiver, checks);
  const flood = await burst(burstApi, receiver, checks);
  console.log(`\n${jobTable([...webhooks.rows, ...failures.rows, ...flood.rows])}\n`);
  console.log(`  webhooks  ${webhooks.summary}`);
  console.log(`  retries   ${failures.summary}`);
  console.log(`  burst     ${flood.summary}\n`);
}

function report(): void {
  const { made, wrong } = checks;
  if (wrong.length === 0) {
    console.log(`${pc.green("✔")} all correct (${made} checks) in ${duration(performance.now() - began)}`);
    console.log(NEXT);
    return;
  }
  process.exitCode = 1;
  for (const line of wrong.slice(0, MOST_TOLD)) console.error(`${pc.red("✘")} ${line}`);
  if (wrong.length > MOST_TOLD) console.error(`  … and ${wrong.length - MOST_TOLD} more`);
  console.error(pc.red(`${wrong.length} of ${made} checks failed. State and log: ${relative(PROJECT_DIR, stateDir)}`));
}
