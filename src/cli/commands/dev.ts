import { constants } from "node:os";
import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import { LOCAL_TENANT } from "../connection.ts";
import { keepOperatorToken } from "../local-keys.ts";
import { type LocalRuntime, startRuntime } from "../local-runtime.ts";
import { prepareState } from "../local-state.ts";
import { wholeNumber } from "../option-parsers.ts";
import { freePort } from "../port.ts";
import { parseTenantId } from "../tenant-id.ts";
import { colors } from "../terminal.ts";
import { localStateDir, readProject } from "../worker-project.ts";

interface DevOptions {
  readonly port: number;
  readonly config?: string;
  readonly tenant: string;
}

/** `sluice dev`: the whole of Sluice on this machine, until Ctrl-C. */
export function addDev(program: Command): void {
  program
    .command("dev")
    .description("run this project's Worker on this machine: migrations, a tenant with a key, wrangler dev")
    .option("--port <port>", "where it listens; 0 for any that is free", wholeNumber(0, 65_535), 8_787)
    .option("--config <file>", "wrangler's configuration (default: as wrangler finds it)")
    .option("--tenant <id>", "the tenant that is made", parseTenantId, LOCAL_TENANT)
    .action((options: DevOptions) => dev(options));
}

async function dev({ port: wantedPort, config, tenant }: DevOptions): Promise<void> {
  const began = performance.now();
  const project = readProject(config);
  const stateDir = localStateDir(project);
  const port = await freePort(wantedPort);
  const { [tenant]: key = "" } = await prepareState(project, stateDir, [{ id: tenant }]);
  const adminToken = await keepOperatorToken(stateDir);
  const vars = { SLUICE_ALLOW_LOOPBACK: "127.0.0.1,localhost", SLUICE_ADMIN_TOKEN: adminToken };
  const runtime = await startRuntime({ project, stateDir, port, vars, log: "inherit" });
  const stopped = stopOnSignal(runtime);
  welcome(runtime.url, tenant, { key, adminToken }, performance.now() - began);
  await runtime.ended;
  const signal = stopped();
  if (signal === null) throw new CliError("wrangler", "wrangler dev has ended by itself");
  // As shells report it: 130 for Ctrl-C.
  process.exitCode = 128 + constants.signals[signal];
}

/** Returns which signal has asked to stop, or null. */
function stopOnSignal(runtime: LocalRuntime): () => NodeJS.Signals | null {
  let asked: NodeJS.Signals | null = null;
  const stop = (signal: NodeJS.Signals) => {
    // Whoever asks twice does not want to wait.
    void (asked === null ? runtime.stop() : runtime.kill());
    asked = signal;
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  return () => asked;
}

function welcome(
  url: string,
  tenant: string,
  { key, adminToken }: { readonly key: string; readonly adminToken: string },
  ms: number,
): void {
  const seconds = (ms / 1_000).toFixed(0);
  const caller = `tenant ${colors.bold(tenant)}   key ${colors.bold(key)}`;
  console.log(`
${colors.green("✔")} Sluice on ${colors.bold(url)} (${seconds} s)   ${caller}

curl -i ${url}/v1/jobs -H 'Authorization: Bearer ${key}' -H 'Prefer: wait=5' \\
  --json '{"type":"http.request","payload":{"url":"${url}/healthz"}}'

${colors.dim(`The operator API (/v1/tenants) takes the token ${adminToken}`)}
${colors.dim("State, key and token are kept in .wrangler/state. Ctrl-C stops everything. The log:")}
`);
}
