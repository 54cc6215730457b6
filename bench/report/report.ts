import { markdownTable } from "../markdown-table.ts";
import { FULL_RUN } from "../options.ts";
import { Results } from "../results.ts";
import { aimRows } from "./aims.ts";
import type { BenchRun } from "./bench-run.ts";
import { plots } from "./plots.ts";
import { contenderTable, failureTable, growthTable, RESTART_COLUMNS, short } from "./tables.ts";

/** Where the plots and the raw results are, from the page. */
export const ASSETS = "benchmarks";

/** docs/benchmarks.md, complete: every figure in it comes from this one run. */
export function benchmarkReport(run: BenchRun): string {
  const { contenders } = run;
  const shown = new Set(plots(run).map(({ name }) => name));
  const plot = (name: string, alt: string) => (shown.has(name) ? `![${alt}](${ASSETS}/${name}.svg)` : "");
  const sections = [
    `# Benchmarks

<!-- Written by \`npm run bench\`. Do not edit: change bench/report/report.ts. -->`,
    run.isFull ? "" : shortRunNotice(run),
    `\`\`\`console
$ npm run bench                                   # everything, in about 25 minutes
$ npm run bench -- --rounds 2 --seconds 1         # shorter
$ npm run bench -- --only floor,textbook,sluice   # some contenders; \`growth\` is what grows with backlog, tenants, payloads
\`\`\`

It starts everything itself, on loopback, with data directories of its own, and ends it again. The first run installs the
contenders' libraries into \`bench/contenders\`. Redis and PostgreSQL are those of the system (Debian: \`redis-server\`, \`postgresql\`);
without them their contenders are skipped. Also: \`--measures single,batch,low,half,status,backlog,tenants,payload,restart\`,
\`--minutes\`, \`--out\`. Leave the machine alone meanwhile. All that was measured, round by round: [results.json](${ASSETS}/results.json).`,
    `## The run

${markdownTable(runRows(run), 2)}`,
    `## Aims

${markdownTable(aimRows(new Results(run.rounds)), 4)}`,
    contenders.length === 0 ? "" : contenderSection(run),
    leftOut(run),
    section(
      "1 job a request",
      `50 connections, each of which sends its next request when its last one was answered. *Acknowledged*: answered 202.
*Finished*: the jobs of the load, divided by the time from its first request to the end of its last job. Latencies here are those of
a system that is given more than it can take: see below for others.`,
      contenderTable(run, "single"),
      plot("enqueue", "Requests acknowledged, 1 job each"),
      plot("finished-1", "Jobs finished, 1 to a request"),
    ),
    section(
      "100 jobs a request",
      "10 connections.",
      contenderTable(run, "batch"),
      plot("finished-100", "Jobs finished, 100 to a request"),
    ),
    section(
      "Latency at low load",
      `40 requests of one job a second, sent at fixed times whether or not earlier ones were answered; every latency counts from the time
at which its request should have been sent. *End to end*: until the end of the job.`,
      contenderTable(run, "low"),
      plot("low-load", "End to end at low load, p50"),
    ),
    section(
      "Latency at half of saturation",
      "The same, at half of the rate at which this contender has finished jobs, 1 to a request; of the floor: answered requests.",
      contenderTable(run, "half"),
      plot("half-load", "End to end at half of saturation, p99"),
    ),
    section(
      "Asking for a job",
      "`GET /v1/jobs/:id` of jobs that have finished; 50 connections.",
      contenderTable(run, "status"),
      plot("status", "Requests for a job's status"),
    ),
    section(
      "How Sluice grows: backlog",
      `40 requests a second, beside so many jobs of the same tenant that wait in a paused queue; each size in a database and a
runtime of its own.`,
      growthTable(run, "backlog", { head: "jobs that wait" }),
      plot("backlog", "Sluice's latency by its backlog"),
    ),
    section(
      "A restart",
      `The runtime is ended and started again; the time is that of the first request to enqueue a job, from when the runtime
listens: it loads the Worker, opens the database, and starts the tenant's gate, which counts what waits.`,
      growthTable(run, "restart", { head: "jobs that wait", columns: RESTART_COLUMNS }),
    ),
    section(
      "How Sluice grows: tenants",
      `40 requests a second, each of the next tenant. The gates of 1 and 100 tenants are awake. With 10,000 every request is one of a
tenant whose gate is asleep and has to start, and whose key has to be looked up.`,
      growthTable(run, "tenants", { head: "tenants" }),
      plot("tenants", "Sluice's latency by its tenants"),
    ),
    section(
      "How Sluice grows: payloads",
      "10 requests a second. Above 32 KB a payload goes to R2.",
      growthTable(run, "payload", { head: "bytes of a payload" }),
      plot("payload", "Sluice's latency by the payload"),
    ),
    section("What failed", "Requests that were not answered 2xx, of all rounds that count.", failureTable(run)),
    LIMITS,
    CLAIMS,
  ];
  return `${sections.filter((text) => text !== "").join("\n\n")}\n`;
}

const LIMITS = `## What holds it back

Here all of Sluice runs on one thread of workerd, which has no rest while it is loaded: a rate is one by the CPU time of a request or a job.
\`npm run bench:cpu\` measures that (2026-11-21, two cores of AMD EPYC, medians of rounds): the no-op route takes 0.29 ms a request; a job that comes
alone 1.1 ms, with its RPC to the gate and its share of the D1 calls, queue messages and consumer batches of its neighbours; a job of a request of
100 takes 0.11 ms at a concurrency of 1,000, and 0.18 ms at 100, where ten times fewer jobs share a D1 call. Of the 0.11 ms a third is SQLite's work on
the job's four to six rows, a third the JavaScript of Sluice, and the rest the runtime. 20,000 jobs a second would leave 0.05 ms for each. On
Cloudflare API, gate, database and consumers have machines of their own: there the limits of [Past one machine](scale.md) come first.`;

const CLAIMS = `## What is claimed, and what is not

- These are figures of the local runtime (workerd and Miniflare) on one machine. On Cloudflare, D1 is across a network and replicates
  what it commits, gates run on many machines, and Queues delivers to many consumers at once: rates and latencies there are others. What holds
  there too is how much work a job makes: statements, messages, calls.
- Compare within this page: the contenders share the machine, the load, the front and the moment. The load generator runs on the same
  cores.
- Durable means: on disk, by fsync, before the answer. Redis writes its log with \`appendfsync always\`; PostgreSQL has \`fsync\` and
  \`synchronous_commit\` on (and \`shared_buffers\` of 512 MB, \`max_wal_size\` of 4 GB, else its defaults); D1 in workerd is SQLite with a write-ahead log and \`synchronous = FULL\`: watched by strace, Sluice and the textbook build
  make one fsync for enqueueing a job, one for claiming it and one for finishing it when nothing else goes on; what comes together
  shares them. Only the local Queue keeps its messages in memory. Sluice loses nothing by that, since its gate sends again
  what nobody has claimed; the textbook build would lose jobs; the raw Queue is, here, not durable at all.
- Sluice's jobs count as finished when their whole batch has ended, those of the textbook build and BullMQ when their own finish is on disk,
  those of pg-boss and Graphile Worker in latencies when their handler has returned, just before that.
- Nobody's limits are in the way: tenants have rates and backlogs that are not reached. Concurrency is in the table of contenders.
- Of the processes: workerd runs the API, the gates, D1 and the consumer in one; each contender on Node has a process for the API, one for
  the worker, and its database.
- Times in workerd are whole milliseconds. The load generator's timer may send a request up to a millisecond late, which is in its
  latency, for all alike.
- The load generator is [autocannon](https://github.com/mcollina/autocannon) where connections send as fast as they are answered. For fixed times it is
  \`bench/contenders/processes/open-loop.ts\`: autocannon's rates are budgets that each connection spends at the beginning of a second.`;

function contenderSection({ contenders }: BenchRun): string {
  return `## The contenders

${markdownTable([["", "what it is, and how it is set up"], ...contenders.map(({ name, how }) => [name, how])], 2)}

All but the floor take the same requests: the paths and the JSON of [Sluice's API](jobs.md), checked by the same schema, with a key that is
looked up by its hash, a payload of 100 bytes, and a handler that does nothing. A table shows the median of the rounds and, in
brackets, the least and the most of them. In each round the contenders take turns, in a new order each time, and
each one's jobs have all finished before the next one begins. A first round is not counted.`;
}

function leftOut({ skipped }: BenchRun): string {
  if (skipped.length === 0) return "";
  return `Left out, or cut short:\n\n${skipped.map(({ id, why }) => `- ${id}: ${why}`).join("\n")}`;
}

function shortRunNotice({ options }: BenchRun): string {
  const { rounds, seconds, only, measures } = options;
  const parts = [
    `${rounds} of ${FULL_RUN.rounds} rounds`,
    `loads of ${seconds} instead of ${FULL_RUN.seconds} s`,
    ...(only.length > 0 ? [`only ${only.join(", ")}`] : []),
    ...(measures.length > 0 ? [`only the measures ${measures.join(", ")}`] : []),
  ];
  return `> **A short run** (${parts.join("; ")}). It shows that the benchmark works. Its figures say little about any of the contenders: do not quote them.`;
}

function section(title: string, what: string, table: string, ...pictures: readonly string[]): string {
  if (table === "") return "";
  return [`## ${title}`, what, table, ...pictures.filter((picture) => picture !== "")].join("\n\n");
}

function runRows({ startedAt, finishedAt, options, machine }: BenchRun): string[][] {
  const minutes = (Date.parse(finishedAt) - Date.parse(startedAt)) / 60_000;
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return [
    ["", ""],
    ["when", `${startedAt.slice(0, 16).replace("T", " ")} UTC, ${short(minutes)} minutes`],
    ["rounds", `${options.rounds}, each load about ${options.seconds} s`],
    ["machine", `${machine.cores} cores of ${machine.cpu}, ${machine.memoryGb} GB; ${machine.system}`],
    ["disk", `a write of 4 KB with fdatasync takes ${short(machine.syncMs)} ms (median)`],
    ["load before", `${short(machine.load)} (mean of a minute; above 0.5 something else was going on)`],
    ["versions", versions.join(", ")],
  ];
}
