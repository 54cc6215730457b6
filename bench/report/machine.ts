import { execFile } from "node:child_process";
import { open, readFile, rm, statfs } from "node:fs/promises";
import { createRequire } from "node:module";
import { cpus, loadavg, type as osType, release, totalmem } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { summarize } from "../results.ts";
import { findProgram } from "../services/programs.ts";

const run = promisify(execFile);
const TMPFS = 0x01021994;
const SYNCS = 200;

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  /** Of the last minute before the benchmark began: what else goes on. */
  readonly load: number;
  /** Of one write of 4 KB with fdatasync where the databases are: median, in milliseconds. */
  readonly syncMs: number;
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * Looks at the machine, and at the disk under a directory.
 * @throws Error when the directory is in memory: what is measured there would not be durable
 */
export async function readMachine(dir: string): Promise<Machine> {
  if ((await statfs(dir)).type === TMPFS) {
    throw new Error(`${dir} is in memory, and nothing there is durable: set TMPDIR to a directory on a disk`);
  }
  const [cpu] = cpus();
  return {
    cpu: cpu?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${osType()} ${release()}`,
    load: loadavg()[0] ?? 0,
    syncMs: await syncMs(dir),
    versions: await readVersions(),
  };
}

async function syncMs(dir: string): Promise<number> {
  const path = join(dir, "sync");
  const file = await open(path, "w");
  const block = Buffer.alloc(4_096, 1);
  const times: number[] = [];
  for (let n = 0; n < SYNCS; n++) {
    const began = performance.now();
    await file.write(block);
    await file.datasync();
    times.push(performance.now() - began);
  }
  await file.close();
  await rm(path);
  return summarize(times)?.median ?? Number.NaN;
}

async function readVersions(): Promise<Record<string, string>> {
  const contenders = new URL("../contenders/package.json", import.meta.url);
  const near = createRequire(import.meta.url);
  const installed = (require: NodeJS.Require, name: string) => {
    const path = require.resolve.paths(name)?.map((folder) => join(folder, name, "package.json")) ?? [];
    return firstVersion(path);
  };
  const names = ["bullmq", "pg-boss", "graphile-worker", "autocannon"];
  const own = ["workerd", "miniflare", "hono"];
  const beside = createRequire(contenders);
  const packages = await Promise.all([
    ...own.map(async (name) => [name, await installed(near, name)] as const),
    ...names.map(async (name) => [name, await installed(beside, name)] as const),
  ]);
  return Object.fromEntries([
    ["node", process.version],
    ...packages,
    ["redis", await printed("redis-server", /v=([\d.]+)/)],
    ["postgres", await printed("postgres", /([\d.]+)/)],
  ]);
}

async function firstVersion(paths: readonly string[]): Promise<string> {
  for (const path of paths) {
    try {
      return (JSON.parse(await readFile(path, "utf8")) as { version: string }).version;
    } catch {
      // It is in one of the directories above.
    }
  }
  return "not installed";
}

async function printed(name: string, version: RegExp): Promise<string> {
  const program = findProgram(name);
  if (program === null) return "not installed";
  const { stdout } = await run(program, ["--version"]);
  return version.exec(stdout)?.[1] ?? stdout.trim();
}
