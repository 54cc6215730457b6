import { type AttemptTimes, COUNTS, type Count } from "./tally.ts";

/** Where the histogram's buckets end, in seconds; the last one has no end. */
export const BUCKET_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800] as const;

/** What has happened since a tenant's first job, as counters that never fall: what a monitoring system reads. */
export interface Lifetime {
  readonly counts: Readonly<Record<Count, number>>;
  /** Attempts by how long they have waited and run: how many in each of {@link BUCKET_SECONDS}, and above. */
  readonly wait: readonly number[];
  readonly run: readonly number[];
}

/** The same as it is kept. */
export interface PackedLifetime {
  readonly c: readonly number[];
  readonly w: readonly number[];
  readonly r: readonly number[];
}

/** Counts on from what was kept. */
export class LifetimeCounter {
  readonly #counts: Map<Count, number>;
  readonly #wait: number[];
  readonly #run: number[];

  constructor({ c, w, r }: PackedLifetime = { c: [], w: [], r: [] }) {
    this.#counts = new Map(COUNTS.map((count, index) => [count, c[index] ?? 0]));
    const buckets = (kept: readonly number[]) =>
      Array.from({ length: BUCKET_SECONDS.length + 1 }, (_, i) => kept[i] ?? 0);
    this.#wait = buckets(w);
    this.#run = buckets(r);
  }

  add(count: Count, by = 1): void {
    this.#counts.set(count, (this.#counts.get(count) ?? 0) + by);
  }

  addTimes({ waitMs, runMs }: AttemptTimes): void {
    this.add("waitMs", waitMs);
    this.add("runMs", runMs);
    increase(this.#wait, waitMs);
    increase(this.#run, runMs);
  }

  pack(): PackedLifetime {
    return { c: COUNTS.map((count) => this.#counts.get(count) ?? 0), w: [...this.#wait], r: [...this.#run] };
  }

  read(): Lifetime {
    const counts = Object.fromEntries(this.#counts) as Record<Count, number>;
    return { counts, wait: [...this.#wait], run: [...this.#run] };
  }
}

function increase(buckets: number[], ms: number): void {
  const found = BUCKET_SECONDS.findIndex((end) => ms <= end * 1_000);
  const bucket = found === -1 ? BUCKET_SECONDS.length : found;
  buckets[bucket] = (buckets[bucket] ?? 0) + 1;
}
