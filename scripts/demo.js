import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { inspect, parseArgs } from "node:util";
import pc from "picocolors";
import { startRuntime } from "../src/cli/local-runtime.ts";
import { prepareState } from "../src/cli/local-state.ts";
import { freePort } from "../src/cli/port.ts";
import { burst } from "./demo/burst.ts";
import { Checks } from "./demo/checks.ts";
import { retryFailures } from "./demo/failures.ts";
import { Receiver } from "./demo/receiver.ts";
import { reportWeather } from "./demo/report.ts";
import { deliverSigned } from "./demo/signed.ts";
import { TENANTS } from "./demo/stage.ts";
import { duration, jobTable } from "./demo/table.ts";
import { makeThumbnails } from "./demo/thumbnails.ts";
import { deliverWebhooks } from "./demo/webhooks.ts";
import { THIS_PROJECT } from "./this-project.ts";
import { bundleWorker } from "./worker-bundle.ts";
const PARTS = {
    pictures: makeThumbnails,
    report: reportWeather,
    signed: deliverSigned,
    retries: retryFailures,
    webhooks: deliverWebhooks,
    burst,
};
const NEXT = `
  Next
    npm run dev              Sluice on port 8787, with a key that stays and a curl to paste
    npm run demo -- --keep   this demo, left running to be called
    src/handlers.ts          add a job type of your own`;
const MOST_TOLD = 20;
const { values } = parseArgs({ options: { keep: { type: "boolean", default: false } } });
const began = performance.now();
const checks = new Checks();
const demoDir = join(THIS_PROJECT.dir, ".demo");
await mkdir(demoDir, { recursive: true });
const stateDir = await mkdtemp(join(demoDir, "run-"));
const receiver = await Receiver.start();
let runtime = null;
const interrupted = new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
        process.on(signal, () => resolve("interrupted"));
});
const address = await Promise.race([demo(), interrupted]);
if (address === "interrupted")
    process.exitCode = 130;
else
    report();
if (values.keep && address !== "interrupted" && address !== null) {
    console.log(`\n  Kept: ${address}   Ctrl-C ends it`);
    await Promise.race([interrupted, runtime?.ended]);
}
await runtime?.stop();
receiver.close();
// What went wrong can be looked into.
if (process.exitCode !== 1)
    await rm(stateDir, { recursive: true, force: true });
// Whatever an interrupted demo still waits for.
process.exit();
/** Where Sluice can be called, or null when the demo did not run to its end. */
async function demo() {
    try {
        console.log(`${pc.dim("…")} starting Sluice: migrations, three tenants, wrangler's local runtime`);
        const [keys, bundle] = await Promise.all([prepareState(THIS_PROJECT, stateDir, TENANTS), bundleWorker(stateDir)]);
        const vars = { SLUICE_ALLOW_LOOPBACK: receiver.host };
        const log = join(stateDir, "wrangler.log");
        runtime = await startRuntime({ project: THIS_PROJECT, stateDir, port: await freePort(), vars, bundle, log });
        const { url } = runtime;
        const took = duration(performance.now() - began);
        const address = `tenant demo   key ${keys.demo}`;
        console.log(`${pc.green("✔")} Sluice on ${url} (${took})   ${address}`);
        const caller = (tenant) => ({ url, key: keys[tenant] });
        const callers = { demo: caller("demo"), stranger: caller("stranger"), burst: caller("burst") };
        await play({ callers, receiver, checks, directory: demoDir });
        return `${url}   ${address}`;
    }
    catch (error) {
        checks.holds("demo", false, "to run to its end", inspect(error));
        return null;
    }
}
async function play(stage) {
    const rows = [];
    const summaries = [];
    for (const [name, part] of Object.entries(PARTS)) {
        const told = await part(stage);
        rows.push(...told.rows);
        summaries.push(`  ${name.padEnd(8)}  ${told.summary}`);
    }
    console.log(`\n${jobTable(rows)}\n\n${summaries.join("\n")}\n`);
}
function report() {
    const { made, wrong } = checks;
    if (wrong.length === 0) {
        console.log(`${pc.green("✔")} all correct (${made} checks) in ${duration(performance.now() - began)}`);
        console.log(NEXT);
        return;
    }
    process.exitCode = 1;
    for (const line of wrong.slice(0, MOST_TOLD))
        console.error(`${pc.red("✘")} ${line}`);
    if (wrong.length > MOST_TOLD)
        console.error(`  … and ${wrong.length - MOST_TOLD} more`);
    console.error(pc.red(`${wrong.length} of ${made} checks failed. State and log: ${relative(THIS_PROJECT.dir, stateDir)}`));
}
