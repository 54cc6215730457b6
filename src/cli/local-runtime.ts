import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { extname, join } from "node:path";
import { CliError } from "./cli-error.ts";
import { localSecretKeys } from "./local-secret-keys.ts";
import { LOOPBACK } from "./port.ts";
import type { WorkerProject } from "./worker-project.ts";
import { wranglerCommand, wranglerEnv } from "./wrangler.ts";

export interface RuntimeOptions {
  readonly project: WorkerProject;
  /** As `prepareState` has left it. */
  readonly stateDir: string;
  /** As `freePort` has found it. */
  readonly port: number;
  /** Settings, see `src/config.ts`. */
  readonly vars?: Readonly<Record<string, string | number>>;
  /** As `bundleWorker` has made it. Default: the sources, reloaded when they change, which ends what is running. */
  readonly bundle?: string;
  /** A file that the log is added to, or "inherit" for this process's own output. */
  readonly log: string;
  /** Where a debugger can attach. Default: as the configuration says. */
  readonly inspectorPort?: number;
  /** Bindings that the configuration has run in the account are on this machine, too. */
  readonly allLocal?: boolean;
}

/** The whole of Sluice on this machine: wrangler and workerd, as a process group of its own. */
export interface LocalRuntime {
  readonly url: string;
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Ends it in an orderly way, and for certain. */
  stop(): Promise<void>;
  /** kill -9, all of it at once. */
  kill(): Promise<void>;
}

const READY_MS = 60_000;
const STOP_MS = 5_000;
const LOOK_MS = 25;
/** A program of its own: `leash.ts` beside the sources, `leash.js` beside what they are compiled to. */
const LEASH = join(import.meta.dirname, `leash${extname(import.meta.filename)}`);

/**
 * Starts Sluice, and resolves once it answers.
 * @throws CliError when it does not come up
 */
export async function startRuntime(options: RuntimeOptions): Promise<LocalRuntime> {
  const secretKeys = await localSecretKeys(options.project, options.stateDir);
  const child = spawnDev({ ...options, vars: { ...secretKeys, ...options.vars } });
  const url = `http://${LOOPBACK}:${options.port}`;
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const runtime = { url, ended, stop: () => stopGroup(child), kill: () => killGroup(child) };
  try {
    await answers(url, child, options.log === "inherit" ? "its log above" : options.log);
    return runtime;
  } catch (error) {
    await runtime.kill();
    throw error;
  }
}

function spawnDev(options: RuntimeOptions): ChildProcess {
  const { project, stateDir, port, vars = {}, bundle, log, inspectorPort, allLocal = false } = options;
  const settings = Object.entries(vars).flatMap(([name, value]) => ["--var", `${name}:${value}`]);
  const where = ["--ip", LOOPBACK, "--port", String(port), "--persist-to", stateDir];
  const inspector =
    inspectorPort === undefined ? [] : ["--inspector-ip", LOOPBACK, "--inspector-port", String(inspectorPort)];
  const worker = bundle === undefined ? [] : [bundle, "--no-bundle"];
  const command = wranglerCommand(
    project,
    "dev",
    ...worker,
    ...where,
    ...inspector,
    ...(allLocal ? ["--local"] : []),
    "--show-interactive-dev-session=false",
    ...settings,
  );
  const out = log === "inherit" ? "inherit" : openSync(log, "a");
  // Detached, so that it is a group of its own; on the leash, so that it does not outlive this process.
  const child = spawn(process.execPath, [LEASH, ...command], {
    cwd: project.dir,
    // Runtimes that run side by side do not find each other.
    env: { ...wranglerEnv(), WRANGLER_REGISTRY_PATH: join(stateDir, "registry") },
    detached: true,
    stdio: ["pipe", out, out],
  });
  if (typeof out === "number") closeSync(out);
  return child;
}

async function answers(url: string, child: ChildProcess, log: string): Promise<void> {
  const deadline = Date.now() + READY_MS;
  for (;;) {
    if (hasEnded(child)) throw new CliError("wrangler", `wrangler dev has ended before it was ready, see ${log}`);
    if (Date.now() > deadline) {
      throw new CliError("wrangler", `wrangler dev was not ready within ${READY_MS / 1_000} s, see ${log}`);
    }
    try {
      const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(2_000) });
      await response.body?.cancel();
      if (response.ok) return;
    } catch {
      // Nobody listens there yet.
    }
    await pause(LOOK_MS);
  }
}

async function stopGroup(child: ChildProcess): Promise<void> {
  signalGroup(child, "SIGTERM");
  await groupGone(child);
  await killGroup(child);
}

async function killGroup(child: ChildProcess): Promise<void> {
  signalGroup(child, "SIGKILL");
  await groupGone(child);
}

// Bounded: what is dead still counts as one of the group where nobody reaps it, as in some containers.
async function groupGone(child: ChildProcess): Promise<void> {
  const deadline = Date.now() + STOP_MS;
  while (signalGroup(child, 0) && Date.now() < deadline) await pause(LOOK_MS);
}

/** False when nobody of the group is left. */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
