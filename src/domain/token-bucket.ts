/** `rate` tokens a second flow in, at most `burst` are kept. */
export interface BucketLimits {
  readonly rate: number;
  readonly burst: number;
}

/**
 * A token bucket. Time is passed in (milliseconds) and may stand still or step back: it then refills nothing.
 */
export class TokenBucket {
  #limits: BucketLimits;
  #tokens: number;
  #filledAt: number;

  constructor(limits: BucketLimits, now: number, spent = 0) {
    this.#limits = limits;
    this.#tokens = Math.max(0, limits.burst - spent);
    this.#filledAt = now;
  }

  /** Takes `count` tokens at once, or none. */
  take(count: number, now: number): boolean {
    this.#fill(now);
    if (this.#tokens < count) return false;
    this.#tokens -= count;
    return true;
  }

  /** Gives back what was taken for work that was not admitted after all. */
  refund(count: number): void {
    this.#tokens = Math.min(this.#limits.burst, this.#tokens + count);
  }

  /** Milliseconds until `count` tokens are there, rounded up; 0 when they are. More than the burst are never there. */
  waitMs(count: number, now: number): number {
    this.#fill(now);
    if (this.#tokens >= count) return 0;
    return Math.ceil(((count - this.#tokens) / this.#limits.rate) * 1_000);
  }

  /** Whole tokens that could be taken now. */
  remaining(now: number): number {
    this.#fill(now);
    return Math.floor(this.#tokens);
  }

  /** New limits hold from now on; tokens above the new burst are dropped. */
  setLimits(limits: BucketLimits, now: number): void {
    this.#fill(now);
    this.#limits = limits;
    this.#tokens = Math.min(this.#tokens, limits.burst);
  }

  #fill(now: number): void {
    if (now <= this.#filledAt) return;
    const gained = ((now - this.#filledAt) / 1_000) * this.#limits.rate;
    this.#tokens = Math.min(this.#limits.burst, this.#tokens + gained);
    this.#filledAt = now;
  }
}
