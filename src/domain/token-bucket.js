const SECOND = 1000;
/**
 * A token bucket. Time is passed in (milliseconds) and may stand still or step back: it then refills nothing.
 */
export class TokenBucket {
  #limits;
  /** Tokens are counted in parts: as many as the period has milliseconds, so that whole numbers stay whole. */
  #parts;
  #level;
  #filledAt;
  constructor(limits, now, spent = 0) {
    this.#limits = limits;
    this.#parts = limits.periodMs ?? SECOND;
    this.#level = Math.round(Math.max(0, limits.burst - spent) * this.#parts);
    this.#filledAt = now;
  }
  /** Takes `count` tokens at once, or none. */
  take(count, now) {
    this.#fill(now);
    if (this.#level < count * this.#parts) return false;
    this.#level -= count * this.#parts;
    return true;
  }
  /** Gives back what was taken for work that was not admitted after all. */
  refund(count) {
    this.#add(count * this.#parts);
  }
  /** Milliseconds until `count` tokens are there, rounded up; 0 when they are. More than the burst are never there. */
  waitMs(count, now) {
    this.#fill(now);
    return Math.max(0, Math.ceil((count * this.#parts - this.#level) / this.#limits.rate));
  }
  /** Whole tokens that could be taken now. */
  remaining(now) {
    this.#fill(now);
    return Math.floor(this.#level / this.#parts);
  }
  /** Tokens that are missing from a full bucket, in parts of one: a bucket made with them goes on where this one is. */
  spent(now) {
    this.#fill(now);
    return this.#limits.burst - this.#level / this.#parts;
  }
  #fill(now) {
    if (now <= this.#filledAt) return;
    this.#add((now - this.#filledAt) * this.#limits.rate);
    this.#filledAt = now;
  }
  #add(parts) {
    this.#level = Math.min(this.#limits.burst * this.#parts, this.#level + parts);
  }
}
