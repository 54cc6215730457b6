import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CONTENDERS } from "./all-contenders.ts";
import { measureContenders, type Stage } from "./arena.ts";
import { measureGrowth } from "./growth/growth.ts";
import { installContenders } from "./install.ts";
import { LoadGenerator } from "./load.ts";
import { isFullRun, readOptions } from "./options.ts";
import { readMachine } from "./report/machine.ts";
import { summaryTable } from "./report/tables.ts";
import { writeReport } from "./report/write-report.ts";
import { Results } from "./results.ts";

const GROWTH = "growth";
/** Of the whole time, the rest is for what grows. */
const CONTENDERS_SHARE = 0.75;

const options = readOptions(process.argv.slice(2));
const names = [...CONTENDERS.map(({ id }) => id), GROWTH];
const unknown = options.only.find((id) => !names.includes(id));
if (unknown !== undefined) throw new Error(`--only ${unknown}: there are ${names.join(", ")}`);

await installContenders();
const dir = await mkdtemp(join(tmpdir(), "sluice-bench-"));
// PostgreSQL runs as a user of its own, and must come to its directory.
await chmod(dir, 0o711);
const load = new LoadGenerator();
const stage: Stage = {
  dir,
  options,
  load,
  results: new Results(),
  ends: [],
  say: (line) => console.log(line),
  skipped: [],
};
const interrupted = new Promise<"interrupted">((resolve) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => resolve("interrupted"));
});
try {
  const outcome = await Promise.race([benchmark(), interrupted]);
  if (outcome === "interrupted") process.exitCode = 130;
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await endAll();
}
// Whatever an interrupted run still waits for.
process.exit();

async function benchmark(): Promise<void> {
  const startedAt = new Date();
  const machine = await readMachine(dir);
  const end = startedAt.getTime() + options.minutes * 60_000;
  const isWanted = (id: string) => options.only.length === 0 || options.only.includes(id);
  const contenders = CONTENDERS.filter(({ id }) => isWanted(id));
  const isGrowthWanted = isWanted(GROWTH);
  const share = isGrowthWanted ? CONTENDERS_SHARE : 1;
  await measureContenders(stage, contenders, startedAt.getTime() + (end - startedAt.getTime()) * share);
  // What has been measured is not beside what is measured now.
  await endStarted();
  if (isGrowthWanted) await measureGrowth(stage, end);
  const { results, skipped } = stage;
  const run = {
    startedAt: startedAt.toISOString(),
    finishedAt: new Date().toISOString(),
    options,
    isFull: isFullRun(options),
    machine,
    contenders: contenders.map(({ id, name, how }) => ({ id, name, how })),
    skipped,
    rounds: results.rounds,
  };
  console.log(`\n${summaryTable(run)}\n`);
  for (const { id, why } of skipped) console.log(`${id}: skipped, ${why}`);
  console.log(`${await writeReport(run, options.out)} is written.`);
}

async function endStarted(): Promise<void> {
  const ended = await Promise.allSettled(stage.ends.splice(0).map((end) => end()));
  for (const one of ended) if (one.status === "rejected") console.error(one.reason);
}

async function endAll(): Promise<void> {
  load.stop();
  await endStarted();
  await rm(dir, { recursive: true, force: true });
}
