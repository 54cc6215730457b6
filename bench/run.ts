import { once } from "node:events";
import { rmSync } from "node:fs";
import { chmod, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
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
const LONGEST_START_MS = 15_000;

const options = readOptions(process.argv.slice(2));
const names = [...CONTENDERS.map(({ id }) => id), GROWTH];
const unknown = options.only.find((id) => !names.includes(id));
if (unknown !== undefined) throw new Error(`--only ${unknown}: there are ${names.join(", ")}`);

await installContenders();
const dir = await mkdtemp(join(tmpdir(), "sluice-bench-"));
// PostgreSQL runs as a user of its own, and must come to its directory.
await chmod(dir, 0o711);
// Miniflare ends this process by itself when it is interrupted.
process.on("exit", () => rmSync(dir, { recursive: true, force: true, maxRetries: 10 }));
const load = new LoadGenerator();
const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => interruption.abort(new Error("interrupted")));
}
const stage: Stage = {
  dir,
  options,
  load,
  results: new Results(),
  ends: [],
  interrupted: interruption.signal,
  say: (line) => console.log(line),
  skipped: [],
};
const running = benchmark();
try {
  await Promise.race([running, once(interruption.signal, "abort")]);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
if (interruption.signal.aborted) process.exitCode = 130;
load.stop();
await endStarted();
// What was being started when it was interrupted is ended too, as soon as it is there.
await Promise.race([running.catch(() => {}), pause(LONGEST_START_MS)]);
await endStarted();
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
  interruption.signal.throwIfAborted();
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
