import type { JobState } from "../domain/job.ts";

/**
 * Since which attempt a job holds its slot: that of a running job is held for the attempt that runs, which is counted
 * in `attempt` already.
 */
export function heldSince({ state, attempt }: { readonly state: JobState; readonly attempt: number }): number {
  return state === "running" ? attempt - 1 : attempt;
}

/** How many jobs of each queue get a slot in the next write. */
export interface ReleasePlan {
  /** Waiting jobs to release, by queue. */
  readonly release: ReadonlyMap<string, number>;
  /** New jobs to insert with a slot, by queue: nobody waits before them. */
  readonly start: ReadonlyMap<string, number>;
}

/** One write releases from at most so many queues; the others have their turn in the next. */
const QUEUES_PER_PLAN = 20;

/**
 * What the gate believes of its tenant's unfinished jobs: who holds a slot, which queues have jobs that wait for room,
 * and how many jobs hold no slot. A cache of D1, corrected by {@link merge}.
 *
 * A slot is held by a job for the attempts after `attempt`, never counted: freeing it twice, or by an attempt of the
 * past, does nothing.
 */
export class Lanes {
  readonly #slots = new Map<string, number>();
  /** In turn: what was served goes to the end. */
  readonly #waiting = new Set<string>();
  #touched: Set<string> | null = null;
  concurrency: number;
  /** Unfinished jobs that hold no slot. */
  backlog = 0;

  constructor(concurrency: number) {
    this.concurrency = concurrency;
  }

  get held(): number {
    return this.#slots.size;
  }

  get room(): number {
    return Math.max(0, this.concurrency - this.#slots.size);
  }

  /** Whether a waiting job could be released now. */
  get canRelease(): boolean {
    return this.room > 0 && this.#waiting.size > 0;
  }

  holds(id: string): boolean {
    return this.#slots.has(id);
  }

  /** Gives a job a slot for the attempt after `attempt`. */
  hold(id: string, attempt: number): void {
    this.#slots.set(id, attempt);
    this.#touched?.add(id);
  }

  /** Frees the slot that a job holds for this attempt; false when it holds none. */
  free(id: string, attempt: number): boolean {
    this.#touched?.add(id);
    const heldSince = this.#slots.get(id);
    if (heldSince === undefined || attempt <= heldSince) return false;
    return this.#slots.delete(id);
  }

  /** Takes a job's slot away, whatever its attempt; false when it holds none. */
  drop(id: string): boolean {
    this.#touched?.add(id);
    return this.#slots.delete(id);
  }

  waitsIn(queue: string): boolean {
    return this.#waiting.has(queue);
  }

  /** Somebody waits in this queue. */
  waits(queue: string): void {
    this.#waiting.add(queue);
  }

  /** Nobody waits in this queue any more. */
  drained(queue: string): void {
    this.#waiting.delete(queue);
  }

  /**
   * Shares the room between the queues, in turn and evenly: what one does not need goes to the others.
   * @param fresh new jobs by queue; where somebody waits already, they wait behind
   */
  plan(fresh: ReadonlyMap<string, number>, room = this.room): ReleasePlan {
    const release = new Map<string, number>();
    const start = new Map<string, number>();
    if (room === 0) return { release, start };
    const waiting = [...this.#waiting].slice(0, QUEUES_PER_PLAN);
    const arrived = [...fresh].filter(([queue]) => !this.#waiting.has(queue));
    // Who waits comes first: where there are fewer slots than queues, new jobs of others cannot take them all.
    const demands = [
      ...waiting.map((queue) => ({ queue, wants: room, into: release })),
      ...arrived.map(([queue, wants]) => ({ queue, wants, into: start })),
    ].slice(0, room);
    let left = room;
    // Smallest demand first: each then gets its share of what is left, and leaves the rest of it to those after it.
    demands.sort((a, b) => a.wants - b.wants);
    for (const [index, { queue, wants, into }] of demands.entries()) {
      const share = Math.min(wants, Math.ceil(left / (demands.length - index)));
      if (share > 0) into.set(queue, share);
      left -= share;
    }
    for (const queue of release.keys()) {
      this.#waiting.delete(queue);
      this.#waiting.add(queue);
    }
    return { release, start };
  }

  /** From now until {@link merge}, changes made here are newer than what is being read from D1. */
  beginMerge(): void {
    this.#touched = new Set();
  }

  /** Takes over who holds a slot in D1, except for jobs that changed since {@link beginMerge}. */
  merge(held: ReadonlyMap<string, number>): void {
    const touched = this.#touched ?? new Set();
    this.#touched = null;
    for (const id of this.#slots.keys()) {
      if (!held.has(id) && !touched.has(id)) this.#slots.delete(id);
    }
    for (const [id, attempt] of held) {
      if (!touched.has(id)) this.#slots.set(id, attempt);
    }
  }

  /** Takes over which queues have waiting jobs, and how many jobs hold no slot. */
  recount(waiting: Iterable<string>, backlog: number): void {
    this.#waiting.clear();
    for (const queue of waiting) this.#waiting.add(queue);
    this.backlog = backlog;
  }
}
