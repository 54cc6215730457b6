import { join } from "node:path";
import { parseArgs } from "node:util";
import pc from "picocolors";
import { startRuntime } from "./local-runtime.ts";
import { prepareState } from "./local-state.ts";
import { PROJECT_DIR } from "./wrangler.ts";

const { values } = parseArgs({ options: { port: { type: "string", default: "8787" } } });
const stateDir = join(PROJECT_DIR, ".wrangler", "state");
const began = performance.now();

const { demo: key } = await prepareState(stateDir, [{ id: "demo" }]);
const runtime = await startRuntime({
  stateDir,
  port: Number(values.port),
  vars: { SLUICE_ALLOW_LOOPBACK: "127.0.0.1,localhost" },
  log: "inherit",
});

let stopping = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    // Whoever asks twice does not want to wait.
    void (stopping ? runtime.kill() : runtime.stop());
    stopping = true;
  });
}

const seconds = ((performance.now() - began) / 1_000).toFixed(0);
console.log(`
${pc.green("✔")} Sluice on ${pc.bold(runtime.url)} (${seconds} s)   tenant ${pc.bold("demo")}   key ${pc.bold(key)}

curl -i ${runtime.url}/v1/jobs -H 'Authorization: Bearer ${key}' -H 'Prefer: wait=5' \\
  --json '{"type":"http.request","payload":{"url":"${runtime.url}/healthz"}}'

${pc.dim("State and key are kept in .wrangler/state. Ctrl-C stops everything. The log:")}
`);

await runtime.ended;
if (!stopping) {
  console.error(pc.red("wrangler dev has ended by itself"));
  process.exitCode = 1;
}
