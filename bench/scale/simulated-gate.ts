import { type Buffered, CommitBuffer } from "../../src/gate/commit-buffer.ts";
import type { Database } from "./database.ts";
import type { SimulatedJob } from "./job.ts";
import { type Parameters, ROWS } from "./parameters.ts";
import type { SimulatedSender } from "./simulated-sender.ts";
import { Station, type Window } from "./station.ts";
import type { Timeline } from "./timeline.ts";

/** As src/gate/write-loop.ts sets it. */
export const BUFFER = { rows: 20_000, bytes: 32_000_000, rowsPerWrite: 2_000, bytesPerWrite: 8_000_000 } as const;

interface Call extends Buffered {
  readonly jobs: readonly SimulatedJob[];
  readonly answer: (admitted: boolean) => void;
}

/**
 * A tenant's gate: one thread that takes calls, and a loop that writes what they have brought. Without group commit each
 * call is a write of its own, begun at once.
 */
export class SimulatedGate {
  readonly station: Station;
  /** How many jobs each of its writes has inserted. */
  readonly inserted: number[] = [];
  readonly #database: Database;
  readonly #sender: SimulatedSender;
  readonly #parameters: Parameters;
  readonly #buffer = new CommitBuffer<Call>(BUFFER);
  /** Jobs in D1 that wait for a slot, the oldest first. */
  #waiting: SimulatedJob[] = [];
  #free: number;
  #writing = false;

  constructor(
    timeline: Timeline,
    window: Window,
    to: { readonly database: Database; readonly sender: SimulatedSender; readonly parameters: Parameters },
  ) {
    this.station = new Station(timeline, window);
    this.#database = to.database;
    this.#sender = to.sender;
    this.#parameters = to.parameters;
    this.#free = to.parameters.gate.concurrency;
  }

  enqueue(jobs: readonly SimulatedJob[], answer: (admitted: boolean) => void): void {
    const { gate, design, load } = this.#parameters;
    this.station.serve(gate.enqueueMs, () => {
      const call = { jobs, answer, rows: jobs.length, bytes: jobs.length * load.payloadBytes, unique: [] };
      if (!design.groupCommit) this.#write([call], () => {});
      else if (this.#buffer.fits(call.rows, call.bytes)) {
        this.#buffer.add(call);
        this.#start();
      } else answer(false);
    });
  }

  settle(jobs: number, done: () => void): void {
    this.station.serve(this.#parameters.gate.settleMs, () => {
      this.#free += jobs;
      if (this.#parameters.design.groupCommit) this.#start();
      else if (this.#waiting.length > 0) this.#write([], () => {});
      done();
    });
  }

  #start(): void {
    const canRelease = this.#waiting.length > 0 && this.#free > 0;
    if (this.#writing || (this.#buffer.isEmpty && !canRelease)) return;
    this.#writing = true;
    this.#write(this.#buffer.take(), () => {
      this.#writing = false;
      this.#start();
    });
  }

  // Who waits goes before who comes. Slots are taken before the write.
  #write(calls: readonly Call[], done: () => void): void {
    const fresh = calls.flatMap(({ jobs }) => jobs);
    const released = this.#waiting.splice(0, this.#free);
    this.#free -= released.length;
    const started = this.#waiting.length > 0 ? [] : fresh.slice(0, this.#free);
    this.#free -= started.length;
    if (fresh.length > 0) this.inserted.push(fresh.length);
    this.#database.write(ROWS.insert * fresh.length + ROWS.release * released.length, () => {
      for (const job of fresh.slice(started.length)) this.#waiting.push(job);
      for (const { answer } of calls) answer(true);
      this.#sender.send([...released, ...started]);
      done();
    });
  }
}
