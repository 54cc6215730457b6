/** What has finished at a contender since it was started. */
export interface FinishReport {
  readonly finished: number;
  /** When the last one did: milliseconds since the epoch. */
  readonly lastAt: number;
  /** From sending the request to the end of its job in milliseconds, of the stamped jobs since they were last taken. */
  readonly latencies: readonly number[];
}

/** Where a contender tells of what has finished; `?take` empties the latencies. */
export const FINISHED_PATH = "/bench/finished";

const MOST_LATENCIES = 500_000;

/** Counts the jobs whose end is durable, in the process or isolate that ran them. */
export class FinishLog {
  #finished = 0;
  #lastAt = 0;
  #latencies: number[] = [];

  /** @param payload of a job that has finished by now; `sentAt` in it is when its request should have been sent */
  record(payload: unknown, now = Date.now()): void {
    this.#finished++;
    this.#lastAt = Math.max(now, this.#lastAt);
    const sentAt = (payload as { sentAt?: unknown } | null)?.sentAt;
    if (typeof sentAt === "number" && this.#latencies.length < MOST_LATENCIES) this.#latencies.push(now - sentAt);
  }

  report(take = false): FinishReport {
    const report = { finished: this.#finished, lastAt: this.#lastAt, latencies: take ? this.#latencies : [] };
    if (take) this.#latencies = [];
    return report;
  }
}
