import { DurableObject } from "cloudflare:workers";

/** Jobs per second and tenant, and at once: so many that what is measured never meets the limit. */
const PER_SECOND = 1_000_000;

/** A tenant's rate limit: a token bucket in the memory of one object. */
export class Limiter extends DurableObject {
  #tokens = PER_SECOND;
  #filledAt = Date.now();

  /** Whether so many jobs may be added now; if so, they are counted. */
  take(count: number): boolean {
    const now = Date.now();
    this.#tokens = Math.min(PER_SECOND, this.#tokens + ((now - this.#filledAt) / 1_000) * PER_SECOND);
    this.#filledAt = now;
    if (this.#tokens < count) return false;
    this.#tokens -= count;
    return true;
  }
}
