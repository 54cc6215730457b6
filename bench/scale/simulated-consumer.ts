import type { Database } from "./database.ts";
import type { Message, SimulatedJob } from "./job.ts";
import { type Parameters, ROWS } from "./parameters.ts";
import type { Timeline } from "./timeline.ts";

export interface ConsumerPorts {
  readonly timeline: Timeline;
  readonly parameters: Parameters;
  databaseOf(tenant: number): Database;
  settle(tenant: number, jobs: number, done: () => void): void;
  ended(job: SimulatedJob): void;
}

/** One invocation: claims its batch, runs so many of its jobs at a time, finishes and settles them. */
export function consume(ports: ConsumerPorts, batch: readonly Message[], done: () => void): void {
  const invocation = new Invocation(
    ports,
    batch.flatMap(({ jobs }) => jobs),
    done,
  );
  if (ports.parameters.design.batchClaims) invocation.claimAll();
  else invocation.runNext();
}

class Invocation {
  readonly #ports: ConsumerPorts;
  readonly #done: () => void;
  readonly #waiting: SimulatedJob[];
  #running = 0;
  /** What has ended and is not written yet, and for which databases a write is in flight. */
  #ended: SimulatedJob[] = [];
  readonly #finishing = new Set<Database>();
  /** Jobs that are not settled yet. */
  #open: number;

  constructor(ports: ConsumerPorts, jobs: readonly SimulatedJob[], done: () => void) {
    this.#ports = ports;
    this.#waiting = [...jobs];
    this.#open = jobs.length;
    this.#done = done;
  }

  claimAll(): void {
    const byDatabase = Map.groupBy(this.#waiting.splice(0), ({ tenant }) => this.#ports.databaseOf(tenant));
    for (const [database, jobs] of byDatabase) {
      database.write(ROWS.claim * jobs.length, () => {
        for (const job of jobs) this.#waiting.push(job);
        this.runNext();
      });
    }
  }

  runNext(): void {
    const { timeline, parameters } = this.#ports;
    while (this.#running < parameters.queue.jobsAtATime) {
      const job = this.#waiting.shift();
      if (job === undefined) return;
      this.#running++;
      const run = () => timeline.after(job.runMs, () => this.#end(job));
      if (parameters.design.batchClaims) run();
      else this.#ports.databaseOf(job.tenant).write(ROWS.claim, run);
    }
  }

  #end(job: SimulatedJob): void {
    const database = this.#ports.databaseOf(job.tenant);
    if (this.#ports.parameters.design.batchClaims) {
      this.#running--;
      this.#ended.push(job);
      this.#finishNext(database);
      this.runNext();
      return;
    }
    database.write(ROWS.finish, () => {
      this.#running--;
      this.#settle([job]);
      this.runNext();
    });
  }

  #finishNext(database: Database): void {
    if (this.#finishing.has(database)) return;
    const isHere = ({ tenant }: SimulatedJob) => this.#ports.databaseOf(tenant) === database;
    const jobs = this.#ended.filter(isHere);
    if (jobs.length === 0) return;
    this.#ended = this.#ended.filter((job) => !isHere(job));
    this.#finishing.add(database);
    database.write(ROWS.finish * jobs.length, () => {
      this.#finishing.delete(database);
      this.#settle(jobs);
      this.#finishNext(database);
    });
  }

  #settle(jobs: readonly SimulatedJob[]): void {
    for (const job of jobs) this.#ports.ended(job);
    for (const [tenant, settled] of Map.groupBy(jobs, (job) => job.tenant)) {
      this.#ports.settle(tenant, settled.length, () => {
        this.#open -= settled.length;
        if (this.#open === 0) this.#done();
      });
    }
  }
}
