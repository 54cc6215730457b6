/** `rate` tokens flow in each period, at most `burst` are kept. */
export interface BucketLimits {
  readonly rate: number;
  readonly burst: number;
  /** Milliseconds; a second when it is left out. */
  readonly periodMs?: number;
}

const SECOND = 1_000;

/**
 * A token bucket. Time is passed in (milliseconds) and may stand still or step back: it then refills nothing.
 */
export class TokenBucket {
  readonly #limits: BucketLimits;
  /** Tokens are counted in parts: as many as the period has milliseconds, so that whole numbers stay whole. */
  readonly #parts: number;
  #level: number;
  #filledAt: number;

  constructor(limits: BucketLimits, now: number, spent = 0) {
    this.#limits = limits;
    this.#parts = limits.periodMs ?? SECOND;
    this.#level = Math.round(Math.max(0, limits.burst - spent) * this.#parts);
    this.#filledAt = now;
  }

  /** Takes `count` tokens at once, or none. */
  take(count: number, now: number): boolean {
    this.#fill(now);
    if (this.#level < count * this.#parts) return false;
    this.#level -= count * this.#parts;
    return true;
  }

  /** Gives back what was taken for work that was not admitted after all. */
  refund(count: number): void {
    this.#add(count * this.#parts);
  }

  /** Milliseconds until `count` tokens are there, rounded up; 0 when they are. More than the burst are never there. */
  waitMs(count: number, now: number): number {
    this.#fill(now);
    return Math.max(0, Math.ceil((count * this.#parts - this.#level) / this.#limits.rate));
  }

  /** Whole tokens that could be taken now. */
  remaining(now: number): number {
    this.#fill(now);
    return Math.floor(this.#level / this.#parts);
  }

  /** Tokens that are missing from a full bucket, in parts of one: a bucket made with them goes on where this one is. */
  spent(now: number): number {
    this.#fill(now);
    return this.#limits.burst - this.#level / this.#parts;
  }

  #fill(now: number): void {
    if (now <= this.#filledAt) return;
    this.#add((now - this.#filledAt) * this.#limits.rate);
    this.#filledAt = now;
  }

  #add(parts: number): void {
    this.#level = Math.min(this.#limits.burst * this.#parts, this.#level + parts);
  }
}
