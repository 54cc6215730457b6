import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Contender } from "./contender.ts";
import { floor } from "./contenders/floor.ts";
import { rawQueues } from "./contenders/raw-queues.ts";
import { sluice, sluice1000 } from "./contenders/sluice.ts";
import { textbook } from "./contenders/textbook.ts";
import { LoadGenerator } from "./load.ts";
import { markdownTable } from "./markdown-table.ts";
import { Trial } from "./trial.ts";
import { workerdCpuMs } from "./workerd-cpu.ts";

/** What a request, or a job, costs workerd in CPU time: tells one change from another on a machine that is not quiet. */
interface Load {
  readonly contender: Contender;
  readonly jobs: number;
  readonly connections: number;
  readonly requests: number;
}

const LOADS: readonly Load[] = [
  { contender: floor, jobs: 1, connections: 50, requests: 4_000 },
  { contender: rawQueues, jobs: 1, connections: 50, requests: 3_000 },
  { contender: rawQueues, jobs: 100, connections: 10, requests: 300 },
  { contender: textbook, jobs: 1, connections: 50, requests: 800 },
  { contender: sluice, jobs: 1, connections: 50, requests: 2_000 },
  { contender: sluice, jobs: 100, connections: 10, requests: 150 },
  { contender: sluice1000, jobs: 100, connections: 10, requests: 250 },
];

const { values } = parseArgs({
  options: { only: { type: "string", default: "" }, rounds: { type: "string", default: "3" } },
});
const only = values.only.split(",").filter((id) => id !== "");
const dir = await mkdtemp(join(tmpdir(), "sluice-cpu-"));
process.on("exit", () => rmSync(dir, { recursive: true, force: true, maxRetries: 10 }));
const generator = new LoadGenerator();
const rows: string[][] = [];
for (const load of LOADS) {
  const name = `${load.contender.id}-${load.jobs}`;
  if (only.length > 0 && !only.includes(name)) continue;
  const running = await load.contender.start(await mkdtemp(join(dir, "state-")));
  const trial = new Trial(load.contender, running, generator);
  // The first is the warm-up.
  const rounds: Taken[] = [];
  for (let round = 0; round <= Number(values.rounds); round++) rounds.push(await take(trial, load));
  await running.stop();
  const counted = rounds.slice(1);
  rows.push([
    name,
    median(counted.map(({ cpuUs }) => cpuUs)).toFixed(0),
    counted.map(({ cpuUs }) => cpuUs.toFixed(0)).join(" "),
    median(counted.map(({ perSecond }) => perSecond)).toFixed(0),
    median(counted.map(({ busy }) => busy)).toFixed(2),
  ]);
  console.log(rows.at(-1)?.join("\t"));
}
generator.stop();
console.log(markdownTable([["load", "CPU µs a job", "rounds", "finished/s", "busy"], ...rows]));
process.exit();

interface Taken {
  readonly cpuUs: number;
  readonly perSecond: number;
  /** CPU time by wall time: 1 is one core. */
  readonly busy: number;
}

async function take(trial: Trial, { contender, jobs, connections, requests: amount }: Load): Promise<Taken> {
  const before = workerdCpuMs();
  const startedAt = Date.now();
  await trial.send({ mode: "closed", requests: [trial.enqueueRequest(jobs)], connections, amount }, jobs);
  if (contender.isFloor !== true) await trial.drained();
  const took = Date.now() - startedAt;
  const cpuMs = workerdCpuMs() - before;
  const done = amount * jobs;
  return { cpuUs: (cpuMs * 1_000) / done, perSecond: (done * 1_000) / took, busy: cpuMs / took };
}

function median(of: readonly number[]): number {
  return of.toSorted((a, b) => a - b)[Math.floor(of.length / 2)] ?? Number.NaN;
}
