import { join } from "node:path";
import { parseArgs } from "node:util";
import pc from "picocolors";
import { type LocalRuntime, startRuntime } from "./local-runtime.ts";
import { prepareState } from "./local-state.ts";
import { freePort } from "./port.ts";
import { PROJECT_DIR } from "./wrangler.ts";

const { values } = parseArgs({ options: { port: { type: "string", default: "8787" } } });

try {
  await dev(Number(values.port));
} catch (error) {
  console.error(pc.red(error instanceof Error ? error.message : String(error)));
  process.exitCode = 1;
}

async function dev(wantedPort: number): Promise<void> {
  const began = performance.now();
  const stateDir = join(PROJECT_DIR, ".wrangler", "state");
  const port = await freePort(wantedPort);
  const { demo: key } = await prepareState(stateDir, [{ id: "demo" }]);
  const vars = { SLUICE_ALLOW_LOOPBACK: "127.0.0.1,localhost" };
  const runtime = await startRuntime({ stateDir, port, vars, log: "inherit" });
  const stopped = stopOnSignal(runtime);
  welcome(runtime.url, key, performance.now() - began);
  await runtime.ended;
  if (!stopped()) throw new Error("wrangler dev has ended by itself");
}

/** Returns whether a signal has asked to stop. */
function stopOnSignal(runtime: LocalRuntime): () => boolean {
  let stopping = false;
  const stop = () => {
    // Whoever asks twice does not want to wait.
    void (stopping ? runtime.kill() : runtime.stop());
    stopping = true;
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  return () => stopping;
}

function welcome(url: string, key: string, ms: number): void {
  const seconds = (ms / 1_000).toFixed(0);
  console.log(`
${pc.green("✔")} Sluice on ${pc.bold(url)} (${seconds} s)   tenant ${pc.bold("demo")}   key ${pc.bold(key)}

curl -i ${url}/v1/jobs -H 'Authorization: Bearer ${key}' -H 'Prefer: wait=5' \\
  --json '{"type":"http.request","payload":{"url":"${url}/healthz"}}'

${pc.dim("State and key are kept in .wrangler/state. Ctrl-C stops everything. The log:")}
`);
}
