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
import { startRuntime } from "./local-runtime.ts";
import { prepareState } from "./local-state.ts";
import { freePort } from "./port.ts";
import { PROJECT_DIR } from "./wrangler.ts";

const NEXT = `
  Next
    npm run dev              Sluice on port 8787, with a key that stays and a curl to paste
    npm run demo -- --keep   this demo, left running to be called
    src/handlers.ts          add a job type of your own`;

const { values } = parseArgs({ options: { keep: { type: "boolean", default: false } } });
const began = performance.now();
const checks = new Checks();
const demoDir = join(PROJECT_DIR, ".demo");
await mkdir(demoDir, { recursive: true });
const stateDir = await mkdtemp(join(demoDir, "run-"));
const log = join(stateDir, "wrangler.log");
const receiver = await Receiver.start();

try {
  await demo();
} catch (error) {
  checks.holds("demo", false, "to run to its end", inspect(error));
} finally {
  receiver.close();
}
await conclude();

async function demo(): Promise<void> {
  console.log(`${pc.dim("…")} starting Sluice: migrations, two tenants, wrangler's local runtime`);
  const keys = await prepareState(stateDir, [{ id: "demo" }, BURST_TENANT]);
  const vars = { SLUICE_ALLOW_LOOPBACK: receiver.host };
  const runtime = await startRuntime({ stateDir, port: await freePort(), vars, log });
  try {
    const took = duration(performance.now() - began);
    console.log(`${pc.green("✔")} Sluice on ${runtime.url} (${took})   tenant demo   key ${keys.demo}`);
    await run(new Api(runtime.url, keys.demo), new Api(runtime.url, keys.burst));
    if (values.keep) await keepUntilInterrupted(runtime.url, keys.demo, runtime.ended);
  } finally {
    await runtime.stop();
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

async function keepUntilInterrupted(url: string, key: string, ended: Promise<void>): Promise<void> {
  console.log(`  kept      ${url}   tenant demo   key ${key}   Ctrl-C ends it\n`);
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  });
  await Promise.race([interrupted, ended]);
}

async function conclude(): Promise<void> {
  const { made, wrong } = checks;
  if (wrong.length === 0) {
    await rm(stateDir, { recursive: true, force: true });
    const took = duration(performance.now() - began);
    console.log(`${pc.green("✔")} all correct (${made} checks) in ${took}`);
    console.log(NEXT);
    return;
  }
  process.exitCode = 1;
  for (const line of wrong) console.error(`${pc.red("✘")} ${line}`);
  console.error(pc.red(`${wrong.length} of ${made} checks failed. State and log: ${relative(PROJECT_DIR, stateDir)}`));
}
