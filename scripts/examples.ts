import { type ChildProcess, spawn } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { freePort, LOOPBACK } from "../src/cli/port.ts";

// Does what the examples' own pages say, in copies of them somewhere else: the packed tarball is installed, and nothing
// of this project is within reach.
const PROJECT = join(import.meta.dirname, "..");
const READY_MS = 60_000;
const PROBE_MS = 10_000;

const where = await mkdtemp(join(tmpdir(), "sluice-examples-"));
let left = true;
try {
  await cp(join(PROJECT, "examples"), where, { recursive: true });
  await run(PROJECT, process.execPath, join(PROJECT, "scripts", "package.ts"), "--out", join(where, "sluice.tgz"));
  await ownHandler(join(where, "own-handler"));
  await twoWorkers(join(where, "two-workers"));
  await otherWorkers(join(where, "other-workers"));
  left = false;
  console.log("✔ all examples install the tarball, compile and run");
} finally {
  if (left) console.error(`What is left of it: ${where}`);
  else await rm(where, { recursive: true, force: true });
}

async function ownHandler(dir: string): Promise<void> {
  await install(dir);
  await run(dir, "npm", "run", "check");
  await run(dir, "npm", "test");
  const port = await freePort();
  await serving(dir, port, ["npx", "sluice", "dev", "--port", String(port)], async (url) => {
    const greeted = await run(
      dir,
      "npx",
      "sluice",
      "--url",
      url,
      "enqueue",
      "greet",
      '{"name":"Ada"}',
      "--wait",
      "--json",
    );
    expectResult(greeted, "hello Ada");
    const csv = JSON.stringify({ csv: "a,b\n1,2\n3,4\n", aggregates: [{ op: "sum", column: "b" }] });
    const reported = await run(dir, "npx", "sluice", "--url", url, "enqueue", "report.csv", csv, "--wait", "--json");
    if (!reported.includes('"state":"succeeded"')) throw new Error(`The report is not there: ${reported}`);
  });
}

async function twoWorkers(dir: string): Promise<void> {
  await install(dir);
  await run(dir, "npm", "run", "check");
  const init = await run(dir, "npm", "run", "--silent", "init", "--", "--json");
  const { key } = JSON.parse(init) as { key: string };
  const port = await freePort();
  await serving(dir, port, ["npm", "run", "dev", "--", "--port", String(port)], async (url) => {
    const call = ["--url", url, "--key", key, "enqueue", "greet", '{"name":"Grace"}', "--wait", "--json"];
    expectResult(await run(dir, "npx", "sluice", ...call), "hello Grace");
  });
}

async function otherWorkers(dir: string): Promise<void> {
  await install(dir);
  await run(dir, "npm", "run", "check");
  await run(dir, "npm", "run", "init");
  const port = await freePort();
  await serving(
    dir,
    port,
    ["npm", "run", "dev", "--", "--port", String(port)],
    async (url) => {
      const order = async (cents: number) => (await fetch(`${url}/?order=A-17&cents=${cents}`)).text();
      expectResult(await order(1250), "A-17: 12.50 €");
      const refused = await order(-1);
      if (!refused.includes("nobody pays less than nothing")) throw new Error(`It was not refused: ${refused}`);
    },
    "/?order=first&cents=1",
  );
}

async function install(dir: string): Promise<void> {
  await run(dir, "npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline");
}

function expectResult(line: string, result: string): void {
  const job = JSON.parse(line) as { state: string; result: unknown };
  if (job.state !== "succeeded" || job.result !== result) throw new Error(`Not "${result}": ${line}`);
}

/** Runs a command to its end; returns what it printed. */
async function run(cwd: string, program: string, ...args: string[]): Promise<string> {
  const child = spawn(program, args, { cwd, env: environment(), stdio: ["ignore", "pipe", "pipe"] });
  const out: string[] = [];
  const all: string[] = [];
  child.stdout.on("data", (chunk: Buffer) => {
    out.push(chunk.toString());
    all.push(chunk.toString());
  });
  child.stderr.on("data", (chunk: Buffer) => all.push(chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once("error", reject).once("close", resolve),
  );
  const line = [program, ...args].join(" ").slice(0, 100);
  if (code !== 0) throw new Error(`${line} ended with ${code}:\n${all.join("")}`);
  console.log(`  ${line}`);
  return out.join("").trim();
}

/**
 * Has a server up while something is done with it.
 * @param probe what it answers as soon as it is there
 */
async function serving(
  dir: string,
  port: number,
  command: string[],
  use: (url: string) => Promise<void>,
  probe = "/healthz",
): Promise<void> {
  const [program = "", ...args] = command;
  const log: string[] = [];
  // A group of its own, so that all of it can be ended.
  const server = spawn(program, args, {
    cwd: dir,
    env: environment(),
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [server.stdout, server.stderr]) stream.on("data", (chunk: Buffer) => log.push(chunk.toString()));
  const url = `http://${LOOPBACK}:${port}`;
  try {
    await answers(url + probe, server);
    await use(url);
  } catch (error) {
    throw new Error(`${command.join(" ")}:\n${log.join("").slice(-4_000)}`, { cause: error });
  } finally {
    await end(server);
  }
}

async function answers(address: string, server: ChildProcess): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline && server.exitCode === null) {
    const response = await fetch(address, { signal: AbortSignal.timeout(PROBE_MS) }).catch(() => null);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`nobody answers on ${address}`);
}

async function end(server: ChildProcess): Promise<void> {
  if (server.pid === undefined || server.exitCode !== null) return;
  const ended = new Promise((resolve) => server.once("exit", resolve));
  process.kill(-server.pid, "SIGTERM");
  await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 5_000))]);
  try {
    process.kill(-server.pid, "SIGKILL");
  } catch {
    // All of it has ended.
  }
}

// In the Node that runs this: wrangler needs a newer one than the system may have.
function environment(): NodeJS.ProcessEnv {
  const PATH = `${dirname(process.execPath)}${delimiter}${process.env["PATH"]}`;
  return { ...process.env, PATH, CI: "1", WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" };
}
