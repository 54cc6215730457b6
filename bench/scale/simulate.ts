import { Database } from "./database.ts";
import type { SimulatedJob } from "./job.ts";
import type { Parameters } from "./parameters.ts";
import { exponential, seededRandom } from "./random.ts";
import { consume } from "./simulated-consumer.ts";
import { SimulatedGate } from "./simulated-gate.ts";
import { SimulatedQueue } from "./simulated-queue.ts";
import { SimulatedSender } from "./simulated-sender.ts";
import { Timeline } from "./timeline.ts";

/** What was seen. Delays are in milliseconds, of the jobs that came after the warm-up; rates are per second of that time. */
export interface Observed {
  /** Jobs, from the first to the last: what arrived has ended or was refused. */
  readonly arrived: number;
  readonly ended: number;
  readonly refused: number;
  /** Jobs that arrived, were answered for, and ended, per second. */
  readonly offered: number;
  readonly answered: number;
  readonly carried: number;
  /** From 0 to 1: of the busiest gate, of the busiest database, and of what the Queue may take. */
  readonly utilisation: { readonly gate: number; readonly d1: number; readonly queue: number };
  /** Over the whole run, as the next two. */
  readonly d1WritesPerJob: number;
  readonly jobsPerInsert: number;
  readonly jobsPerMessage: number;
  /** Before the gate's thread has time for a call. */
  readonly gateWaitMs: number;
  /** From the request at the gate to its answer. */
  readonly enqueue: Quantiles;
  /** From the request to the job's end in D1, without the time for which the job itself runs. */
  readonly endToEnd: Quantiles;
  /** Jobs in the system, on average over the time in which requests come. */
  readonly meanUnfinished: number;
}

export interface Quantiles {
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
}

/** Lets requests come, and everything that has come end. The same parameters give the same result. */
export function simulate(parameters: Parameters): Observed {
  const { load, d1, queue: queueTimes } = parameters;
  const random = seededRandom(parameters.seed);
  const timeline = new Timeline();
  const window = { from: load.warmupSeconds * 1_000, until: load.seconds * 1_000 };
  const counted = (time: number) => time >= window.from && time < window.until;
  const databases = Array.from({ length: d1.databases }, () => new Database(timeline, window, d1));
  const enqueueMs: number[] = [];
  const endToEndMs: number[] = [];
  let arrived = 0;
  let ended = 0;
  let refused = 0;
  let offered = 0;
  let answered = 0;
  let carried = 0;
  let unfinishedMs = 0;

  const databaseOf = (tenant: number) => at(databases, tenant % d1.databases);
  const queue = new SimulatedQueue(timeline, window, queueTimes, (batch, done) => consume(ports, batch, done));
  const gates = Array.from({ length: load.tenants }, (_, tenant) => {
    const sender = new SimulatedSender(timeline, queue, parameters);
    return new SimulatedGate(timeline, window, { database: databaseOf(tenant), sender, parameters });
  });
  const ports = {
    timeline,
    parameters,
    databaseOf,
    settle: (tenant: number, jobs: number, done: () => void) => at(gates, tenant).settle(jobs, done),
    ended: ({ arrivedAt, runMs }: SimulatedJob) => {
      ended++;
      if (counted(timeline.now)) carried++;
      if (counted(arrivedAt)) endToEndMs.push(timeline.now - arrivedAt - runMs);
      unfinishedMs += Math.max(0, Math.min(timeline.now, window.until) - Math.max(arrivedAt, window.from));
    },
  };

  const arrive = () => {
    const arrivedAt = timeline.now;
    if (arrivedAt >= window.until) return;
    const tenant = Math.floor(random() * load.tenants);
    const jobs = Array.from({ length: load.jobsPerRequest }, () => {
      return { id: `job-${arrived++}`, tenant, arrivedAt, runMs: exponential(load.jobMs, random) };
    });
    if (counted(arrivedAt)) offered += jobs.length;
    at(gates, tenant).enqueue(jobs, (admitted) => {
      if (counted(timeline.now)) answered += jobs.length;
      if (!admitted) refused += jobs.length;
      else if (counted(arrivedAt)) enqueueMs.push(timeline.now - arrivedAt);
    });
    timeline.after(exponential(1_000 / load.requestsPerSecond, random), arrive);
  };
  timeline.after(exponential(1_000 / load.requestsPerSecond, random), arrive);
  timeline.run();

  const windowMs = window.until - window.from;
  const perSecond = (jobs: number) => (jobs * 1_000) / windowMs;
  const stations = { gates: gates.map((gate) => gate.station), d1: databases.map((database) => database.station) };
  const calls = sum(stations.gates.map(({ served }) => served));
  const inserted = gates.flatMap((gate) => gate.inserted);
  return {
    arrived,
    ended,
    refused,
    offered: perSecond(offered),
    answered: perSecond(answered),
    carried: perSecond(carried),
    utilisation: {
      gate: Math.max(...stations.gates.map(({ utilisation }) => utilisation)),
      d1: Math.max(...stations.d1.map(({ utilisation }) => utilisation)),
      queue: queue.station.utilisation,
    },
    d1WritesPerJob: sum(stations.d1.map(({ served }) => served)) / ended,
    jobsPerInsert: sum(inserted) / inserted.length,
    jobsPerMessage: ended / queue.station.served,
    gateWaitMs: sum(stations.gates.map(({ meanWaitMs, served }) => meanWaitMs * served)) / calls,
    enqueue: quantiles(enqueueMs),
    endToEnd: quantiles(endToEndMs),
    meanUnfinished: unfinishedMs / windowMs,
  };
}

function quantiles(values: readonly number[]): Quantiles {
  const sorted = Float64Array.from(values).toSorted();
  const quantile = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { mean: values.length === 0 ? 0 : sum(values) / values.length, p50: quantile(0.5), p99: quantile(0.99) };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new RangeError(`nothing at ${index}`);
  return item;
}
