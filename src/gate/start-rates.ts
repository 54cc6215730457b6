import type { StartRate } from "../domain/queue-settings.ts";
import { TokenBucket } from "../domain/token-bucket.ts";

/** What the lanes with a rate have spent, as it outlives the gate. Times are milliseconds since the epoch. */
export interface KeptRates {
  readonly at: number;
  /** By queue; what is not here is full. */
  readonly spent: readonly (readonly [queue: string, tokens: number])[];
}

/** Lanes whose bucket is not full, at most. Past it the fullest is forgotten, and may start as many jobs at once again. */
export const MOST_RATES = 2_000;
/** A lane that has run out goes on when it has tokens for so long: a fast one wakes the gate no more often. */
const WORTHWHILE_MS = 50;

/**
 * How many jobs each lane with a rate may start: a token bucket for each, that holds the limit and is filled over the
 * period. Only those that have spent something are remembered.
 */
export class StartRates {
  readonly #buckets = new Map<string, TokenBucket>();
  #kept: KeptRates;
  #isKept = true;

  /** @param kept what an earlier gate has left; each lane takes it up when its rate is known */
  constructor(kept: KeptRates = { at: 0, spent: [] }) {
    this.#kept = kept;
  }

  /** Takes over new limits; what has been spent stays spent. */
  configure(rateOf: (queue: string) => StartRate | null, now: number): void {
    const { at, spent } = this.#buckets.size === 0 ? this.#kept : this.#spent(now);
    this.#kept = { at: 0, spent: [] };
    this.#buckets.clear();
    for (const [queue, tokens] of spent) {
      const rate = rateOf(queue);
      if (rate !== null) this.#buckets.set(queue, bucketOf(rate, at, tokens));
    }
  }

  /** Whole tokens that a lane has. */
  tokens(queue: string, rate: StartRate, now: number): number {
    return this.#buckets.get(queue)?.remaining(now) ?? rate.limit;
  }

  /** When a lane without tokens may go on. */
  refilledAt(queue: string, rate: StartRate, now: number): number {
    const worthwhile = Math.ceil((rate.limit * WORTHWHILE_MS) / rate.periodMs);
    const wanted = Math.min(rate.limit, worthwhile);
    return now + (this.#buckets.get(queue)?.waitMs(wanted, now) ?? 0);
  }

  /** Takes tokens of a lane that has them. */
  spend(queue: string, rate: StartRate, count: number, now: number): void {
    let bucket = this.#buckets.get(queue);
    if (bucket === undefined) {
      if (this.#buckets.size >= MOST_RATES) this.#forgetOne(now);
      bucket = bucketOf(rate, now, 0);
      this.#buckets.set(queue, bucket);
    }
    bucket.take(count, now);
    this.#isKept = false;
  }

  /** Gives tokens back that were taken for jobs which did not start. */
  refund(queue: string, count: number): void {
    this.#buckets.get(queue)?.refund(count);
  }

  /** What is to outlive the gate; null when nothing was spent since the last time. */
  keep(now: number): KeptRates | null {
    if (this.#isKept) return null;
    this.#isKept = true;
    return this.#spent(now);
  }

  // Forgets what is full again.
  #spent(now: number): KeptRates {
    const spent: [string, number][] = [];
    for (const [queue, bucket] of this.#buckets) {
      const tokens = bucket.spent(now);
      if (tokens > 0) spent.push([queue, tokens]);
      else this.#buckets.delete(queue);
    }
    return { at: now, spent };
  }

  #forgetOne(now: number): void {
    let least = Number.POSITIVE_INFINITY;
    let fullest: string | null = null;
    for (const [queue, bucket] of this.#buckets) {
      const spent = bucket.spent(now);
      if (spent < least) [least, fullest] = [spent, queue];
    }
    if (fullest !== null) this.#buckets.delete(fullest);
  }
}

function bucketOf({ limit, periodMs }: StartRate, at: number, spent: number): TokenBucket {
  return new TokenBucket({ rate: limit, burst: limit, periodMs }, at, spent);
}
