import { markdownTable } from "./markdown-table.ts";
import { OTHER_SERVICES } from "./other-services.ts";
import { costRows, type Measured, PRICES, PRICES_AS_OF, type RowLess, usPerMillion } from "./prices.ts";

/** The kinds that stand beside other services. */
const COMPARED = [
  { kind: "single, one after the other", briefly: "a request per job, nothing shared" },
  { kind: "single, 100 requests at a time", briefly: "when requests come together" },
  { kind: "100 per request, started at once", briefly: "in batches of 100" },
];

/** docs/cost.md, complete. */
export function costReport(measured: readonly Measured[], rowLess: RowLess): string {
  return `# What a job costs

<!-- Written by \`npm run bench:cost\`. Do not edit: change bench/cost-report.ts. -->

Counted, not estimated: [a test](../test/cost/per-job.test.ts) sends jobs of each kind through the HTTP API, the gate,
the Queue and the consumer, all in the local runtime, and counts every billed operation on the way to their end. The
same test fails when a kind begins to cost more. The last column is at Cloudflare's list prices, in US dollars for a
million jobs of this kind.

${markdownTable(costRows(measured))}

## The kinds

- **single**: one job per request. *100 requests at a time*: 100 that arrive while one D1 write is in flight, and so share
  the next one and its queue messages. *One after the other*: each has ended before the next one comes; nothing is shared,
  and no small job that succeeds at once costs more while its gate is awake. *Gate asleep before and after*: a tenant with one job in
  minutes; its gate starts for the job, and is woken once more by the alarm that guards it.
- **payload of 40 KB**: above 32 KB a payload is kept in R2.
- **retried once**: one attempt fails, its retry succeeds, and nothing else goes on: retries that come together share alarms
  and messages.
- **with two steps**: one row for each [step](handlers.md#steps) that finishes by itself; those that finish together share it. What the handler
  logs costs nothing more. Jobs that a batch handler runs together cost what jobs cost that end together.
- **with a callback**: the job, and the job of its own that delivers the callback: two rows when the job ends, two when
  the gate finds it due, one each to claim and to finish it. A delivery that is tried again costs what a retry costs; one to a
  receiver that is disabled two rows, as it is a dead letter at once.
- **per request**: a batch; its jobs share queue messages, 20 in each. *Waited for room*: the jobs that found all of
  their tenant's slots taken, without those that started at once. *One at a time*: with slots that become free one by one,
  as when jobs take their time and end apart, each such job travels in a message of its own.

## What is counted

- Worker requests: HTTP requests and consumer invocations. (Cloudflare's price list speaks of inbound requests; that an
  invocation by the Queue counts as one is the careful reading.)
- Durable Object requests: each call to the gate, and each alarm. Rows that a gate writes to its own storage: each setting of
  the alarm, its tenant's name when it starts for the first time, and its [statistics](stats.md): one row for a job far from others,
  one in two seconds where jobs end one by one, one in 15 seconds where jobs are always in flight.
- Queue operations: writing, reading and deleting a message, per 64 KB or part of it, at one delivery.
- D1 rows written and read, as D1 reports them for each statement; index entries count as rows.
- R2: storing is class A, fetching is class B, deleting is free.

How jobs share consumer invocations and calls to the gate depends on timing. Here the handlers return at once, so that
jobs which start together end together, and the local Queue hands over everything that waits in one batch. In production a
message may be delivered on its own, which is one Worker request for each message; and jobs that end apart are settled
apart, which is up to one Durable Object request a job (${usd(PRICES.objectRequests.usd)} per million).

## What is left out

- What the Workers Paid plan ($5 a month) includes each month: 10 million Worker requests, 1 million Durable Object requests,
  1 million queue operations, 50 million D1 rows written, 25 billion rows read and more.
- CPU time: $0.02 per million milliseconds, so $0.02 per million jobs for each millisecond that a job takes.
- The time that a gate is awake: $12.50 per million GB-s, or about $4.15 for a gate that is awake for a whole month (128 MB).
- Storage: $0.75 per GB and month in D1, $0.015 in R2. Jobs are kept; deleting one from D1 will write another row.
- A busy gate's alarm (at most about once a minute: one request, one row), its start (one D1 row), the cron trigger that
  watches over the gates (one request a minute), and the look-up of an API key (once in 30 s and isolate).
- Reading a job's status or result over the API: a Worker request and a D1 row or two; waiting for it is one Durable
  Object request more.
- Following [live events](events.md): nothing while nobody does, and one Durable Object request more for each consumer batch while
  somebody does.
- What handlers do, and the traffic (egress) of others. Cloudflare does not bill egress.

## A row less

${rowLessReport(rowLess)}

## The prices

List prices beyond the included usage, looked up on ${PRICES_AS_OF}:

${markdownTable(priceRows(), 3)}

## Beside others

List prices for a million small jobs that succeed at the first attempt, looked up on ${PRICES_AS_OF}. What is included in
free tiers and plans is left out everywhere. No two of these are the same product: read the third column.

${markdownTable(otherRows(measured), 4)}

The price of SQS is that of US East, from a third party's guide of March 2026.
`;
}

function priceRows(): string[][] {
  const rows = Object.values(PRICES).map(({ name, usd: price, source }) => [
    name,
    `$${price < 0.01 ? price : price.toFixed(2)} per million`,
    source,
  ]);
  return [["", "price", "source"], ...rows];
}

function otherRows(measured: readonly Measured[]): string[][] {
  const others = OTHER_SERVICES.map(({ name, usd: price, how, leavesOut, sources }) => [
    name,
    `${usd(price)}: ${how}`,
    leavesOut,
    sources.join(" "),
  ]);
  const own = COMPARED.map(({ kind, briefly }) => `${usd(costOf(kind, measured))} ${briefly}`).join("; ");
  return [
    ["", "US$ per million", "leaves out", "source"],
    ["Sluice", own, "CPU time (of the handlers too), the time that gates are awake, storage: see above", "this page"],
    ...others,
  ];
}

function costOf(kind: string, measured: readonly Measured[]): number {
  const found = measured.find((one) => one.kind === kind);
  if (found === undefined) throw new Error(`nothing measured "${kind}"`);
  return usPerMillion(found.usage);
}

function usd(amount: number): string {
  return `$${amount.toFixed(2)}`;
}

function rowLessReport({ rows, open, recent, read }: RowLess): string {
  const perJob = read.tried / recent;
  const number = (value: number) => value.toLocaleString("en");
  // Of a minute and an hour at so many jobs a second.
  const jobsPerSecond = 1_000;
  const [minute, hour] = [60, 3_600].map((seconds) => number(perJob * seconds * jobsPerSecond));
  return `Of the ${rows.asBuilt} rows of a plain job one is its entry in the index of what waits for time: by it an alarm finds a job that nobody
has claimed, or whose Worker has died. Nearly every job has finished long before anybody looks. Were a job entered only when it turns
out slow (the gate knows whom it has released, and would write the entry of those still open after a minute), a plain job would write a
row less, a dollar for a million, and a slow one two more than now.

That was tried: [a test](../test/cost/three-rows.test.ts) runs the product's own statements on a table whose index leaves out what was sent
only once. A plain job writes ${rows.tried} rows. What it costs is recovery, since what a gate has released and not yet entered is in its memory
alone: a gate that starts anew must look through all jobs since a mark that it keeps. To find ${number(open)} jobs that had not finished among
${number(recent)}, it read ${number(read.tried)} rows; with the index, ${number(read.asBuilt)}. At ${number(jobsPerSecond)} jobs a second that makes ${minute} rows
for a mark that is a minute old, and ${hour} after an outage of an hour, which is more than one statement should read before the first
answer. The cron trigger, which finds tenants whose alarm was lost by that same index, would have to know them by other means.

So it is not built: today both find what is open by an index that holds exactly what waits, whatever has happened.`;
}
