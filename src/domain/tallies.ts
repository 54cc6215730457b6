import { OTHER, type PackedTally, Tally } from "./tally.ts";

/** Queues that are told apart; what happens in others counts as `(other)`. */
export const MOST_TALLIES = 100;

/** What has happened in a span of time: of all queues together, and of each. */
export class Tallies {
  readonly total = new Tally();
  readonly #byQueue = new Map<string, Tally>();

  get byQueue(): ReadonlyMap<string, Tally> {
    return this.#byQueue;
  }

  /** Counts something of a queue, for it and for all. */
  count(queue: string, record: (tally: Tally) => void): void {
    record(this.total);
    record(this.#of(queue));
  }

  merge(total: PackedTally, byQueue: Readonly<Record<string, PackedTally>>): void {
    this.total.merge(total);
    for (const [queue, packed] of Object.entries(byQueue)) this.#of(queue).merge(packed);
  }

  packQueues(): Record<string, PackedTally> {
    return Object.fromEntries([...this.#byQueue].map(([queue, tally]) => [queue, tally.pack()]));
  }

  #of(queue: string): Tally {
    const name = this.#byQueue.has(queue) || this.#byQueue.size < MOST_TALLIES ? queue : OTHER;
    const tally = this.#byQueue.get(name) ?? new Tally();
    this.#byQueue.set(name, tally);
    return tally;
  }
}
