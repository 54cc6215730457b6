import { pause } from "../pause.ts";

/**
 * From the beginning of one write to that of the next, at least: about what a write takes. Whoever comes alone waits for
 * nothing. Of many who come together each write then carries more, and a write costs the same whatever it carries.
 */
const GAP_MS = 15;

/** Keeps the writes of a gate apart. */
export class WritePace {
  #begun = Number.NEGATIVE_INFINITY;

  /** Resolves when the next write may begin. */
  async next(): Promise<void> {
    const waitMs = this.#begun + GAP_MS - Date.now();
    // A clock that was set back must not make it wait for longer.
    if (waitMs > 0) await pause(Math.min(waitMs, GAP_MS));
    this.#begun = Date.now();
  }
}
