/** A place among the jobs in flight, held by a job of this queue for the attempts after `attempt`. */
export interface Slot {
  readonly queue: string;
  readonly attempt: number;
}

/**
 * Which jobs hold a slot, and how many of each queue. A slot is held by a job, never counted: freeing it twice, or by
 * an attempt of the past, does nothing. A cache of D1, corrected by {@link merge}.
 */
export class Slots {
  readonly #byJob = new Map<string, Slot>();
  readonly #inFlight = new Map<string, number>();
  #touched: Set<string> | null = null;

  get size(): number {
    return this.#byJob.size;
  }

  /** How many jobs of a queue hold a slot. */
  inFlight(queue: string): number {
    return this.#inFlight.get(queue) ?? 0;
  }

  /** The queue of a job that holds a slot, or null. */
  queueOf(id: string): string | null {
    return this.#byJob.get(id)?.queue ?? null;
  }

  /** How many jobs of each queue hold a slot. */
  get byQueue(): ReadonlyMap<string, number> {
    return this.#inFlight;
  }

  has(id: string): boolean {
    return this.#byJob.has(id);
  }

  hold(id: string, slot: Slot): void {
    this.#touched?.add(id);
    this.#put(id, slot);
  }

  /** Frees the slot that a job holds for this attempt; null when it holds none. */
  free(id: string, attempt: number): Slot | null {
    this.#touched?.add(id);
    const slot = this.#byJob.get(id);
    return slot !== undefined && attempt > slot.attempt ? this.#remove(id) : null;
  }

  /** Takes a job's slot away, whatever its attempt; null when it holds none. */
  drop(id: string): Slot | null {
    this.#touched?.add(id);
    return this.#remove(id);
  }

  /** From now until {@link merge}, changes made here are newer than what is being read from D1. */
  beginMerge(): void {
    this.#touched = new Set();
  }

  /** Takes over who holds a slot in D1, except for jobs that changed since {@link beginMerge}. */
  merge(held: ReadonlyMap<string, Slot>): void {
    const touched = this.#touched ?? new Set();
    this.#touched = null;
    for (const id of this.#byJob.keys()) {
      if (!held.has(id) && !touched.has(id)) this.#remove(id);
    }
    for (const [id, slot] of held) {
      if (!touched.has(id)) this.#put(id, slot);
    }
  }

  #put(id: string, { queue, attempt }: Slot): void {
    this.#remove(id);
    this.#byJob.set(id, { queue, attempt });
    this.#inFlight.set(queue, this.inFlight(queue) + 1);
  }

  #remove(id: string): Slot | null {
    const slot = this.#byJob.get(id);
    if (slot === undefined) return null;
    this.#byJob.delete(id);
    const left = this.inFlight(slot.queue) - 1;
    if (left > 0) this.#inFlight.set(slot.queue, left);
    else this.#inFlight.delete(slot.queue);
    return slot;
  }
}
