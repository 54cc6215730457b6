import { createHash } from "node:crypto";

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

const real = { setTimeout, clearTimeout, now: Date.now, random: Math.random };

/**
 * A time that passes only when it is told to, for everything that uses `Date.now` and `setTimeout`; and what would take
 * real time, takes none.
 */
export class Clock {
  now: number;
  #order = 0;
  readonly #timers = new Map<number, Timer>();

  /** @param seed makes `Math.random` the same every time */
  constructor(now: number, seed: number) {
    this.now = now;
    Date.now = () => this.now;
    Math.random = mulberry32(seed);
    globalThis.setTimeout = ((run: () => void, ms = 0) => {
      this.#timers.set(++this.#order, { at: this.now + Math.ceil(Math.max(0, ms)), order: this.#order, run });
      return this.#order;
    }) as never;
    globalThis.clearTimeout = ((id: number) => void this.#timers.delete(id)) as never;
    crypto.subtle.digest = async (_, data) => new Uint8Array(sha256(data as Uint8Array)).buffer;
  }

  /** Lets everything run that waits for nothing. */
  async flush(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Lets so much time pass, and runs what it is time for, in order. */
  async advance(ms: number): Promise<void> {
    const until = this.now + ms;
    // What goes on now may ask for a timer.
    await this.flush();
    for (let next = this.#next(until); next !== null; next = this.#next(until)) {
      this.now = Math.max(this.now, next.at);
      this.#timers.delete(next.order);
      next.run();
      await this.flush();
    }
    this.now = until;
    await this.flush();
  }

  /** When the next timer runs. */
  get nextTimerAt(): number | null {
    return this.#next(Number.POSITIVE_INFINITY)?.at ?? null;
  }

  restore(): void {
    globalThis.setTimeout = real.setTimeout;
    globalThis.clearTimeout = real.clearTimeout;
    Date.now = real.now;
    Math.random = real.random;
    // The one beneath it is of the prototype.
    Reflect.deleteProperty(crypto.subtle, "digest");
  }

  #next(until: number): Timer | null {
    let first: Timer | null = null;
    for (const timer of this.#timers.values()) {
      if (timer.at <= until && (first === null || timer.at < first.at)) first = timer;
    }
    return first;
  }
}

// Tommy Ettinger's Mulberry32: small, and good enough to spread.
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function sha256(data: Uint8Array): Uint8Array {
  return createHash("sha256").update(data).digest();
}
