import type { Timeline } from "./timeline.ts";

/** Between which times a station's work counts, in milliseconds. */
export interface Window {
  readonly from: number;
  readonly until: number;
}

/** One server with an unbounded line before it, first come, first served: a gate's thread, a D1 database. */
export class Station {
  readonly #timeline: Timeline;
  readonly #window: Window;
  #freeAt = 0;
  #busyMs = 0;
  #served = 0;
  #waitedMs = 0;

  constructor(timeline: Timeline, window: Window) {
    this.#timeline = timeline;
    this.#window = window;
  }

  /** Works for `serviceMs`, as soon as everything before is done. */
  serve(serviceMs: number, done: () => void): void {
    const { now } = this.#timeline;
    const start = Math.max(now, this.#freeAt);
    const { from, until } = this.#window;
    this.#freeAt = start + serviceMs;
    this.#busyMs += Math.max(0, Math.min(this.#freeAt, until) - Math.max(start, from));
    this.#served++;
    this.#waitedMs += start - now;
    this.#timeline.at(this.#freeAt, done);
  }

  /** The share of the window in which it was at work, from 0 to 1. */
  get utilisation(): number {
    return this.#busyMs / (this.#window.until - this.#window.from);
  }

  /** How many came, from beginning to end. */
  get served(): number {
    return this.#served;
  }

  /** How long those waited before they were served, on average. */
  get meanWaitMs(): number {
    return this.#served === 0 ? 0 : this.#waitedMs / this.#served;
  }
}
