/** `rate` tokens a second flow in, at most `burst` are kept. */
export interface BucketLimits {
  readonly rate: number;
  readonly burst: number;
}

/** Tokens are counted in thousandths: `rate` of them flow in per millisecond, so that whole numbers stay whole. */
const TOKEN = 1_000;

/**
 * A token bucket. Time is passed in (milliseconds) and may stand still or step back: it then refills nothing.
 */
export class TokenBucket {
  readonly #limits: BucketLimits;
  #level: number;
  #filledAt: number;

  constructor(limits: BucketLimits, now: number, spent = 0) {
    this.#limits = limits;
    this.#level = Math.max(0, limits.burst - spent) * TOKEN;
    this.#filledAt = now;
  }

  /** Takes `count` tokens at once, or none. */
  take(count: number, now: number): boolean {
    this.#fill(now);
    if (this.#level < count * TOKEN) return false;
    this.#level -= count * TOKEN;
    return true;
  }

  /** Gives back what was taken for work that was not admitted after all. */
  refund(count: number): void {
    this.#add(count * TOKEN);
  }

  /** Milliseconds until `count` tokens are there, rounded up; 0 when they are. More than the burst are never there. */
  waitMs(count: number, now: number): number {
    this.#fill(now);
    return Math.max(0, Math.ceil((count * TOKEN - this.#level) / this.#limits.rate));
  }

  /** Whole tokens that could be taken now. */
  remaining(now: number): number {
    this.#fill(now);
    return Math.floor(this.#level / TOKEN);
  }

  #fill(now: number): void {
    if (now <= this.#filledAt) return;
    this.#add((now - this.#filledAt) * this.#limits.rate);
    this.#filledAt = now;
  }

  #add(thousandths: number): void {
    this.#level = Math.min(this.#limits.burst * TOKEN, this.#level + thousandths);
  }
}
