import { EarlyEnd } from "./early-end.ts";

interface Deadline {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly timeoutMs: number;
}

/**
 * Ends what takes longer than it may. One timer for all that run at a time: nearly all end long before, and a timer of
 * its own is among the dearest things of a short attempt.
 */
export class Deadlines {
  readonly #open = new Map<EarlyEnd, Deadline>();
  #timer: { readonly at: number; readonly id: ReturnType<typeof setTimeout> } | null = null;

  /** Runs something, with the end that comes when its time is up. */
  async during<T>(timeoutMs: number, run: (end: EarlyEnd) => Promise<T>): Promise<T> {
    const end = new EarlyEnd();
    const at = Date.now() + timeoutMs;
    this.#open.set(end, { at, timeoutMs });
    this.#wakeBy(at);
    try {
      return await run(end);
    } finally {
      this.#open.delete(end);
      if (this.#open.size === 0) this.#stop();
    }
  }

  #wakeBy(at: number): void {
    if (this.#timer !== null && this.#timer.at <= at) return;
    this.#stop();
    this.#timer = { at, id: setTimeout(() => this.#look(at), at - Date.now()) };
  }

  #stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer.id);
    this.#timer = null;
  }

  // What the timer was set for is over, whatever a clock says that has stood still or was set back.
  #look(past: number): void {
    this.#timer = null;
    for (const [end, { at, timeoutMs }] of this.#open) {
      if (at > past) continue;
      this.#open.delete(end);
      end.end(new DOMException(`the attempt took longer than ${timeoutMs} ms`, "TimeoutError"));
    }
    const next = Math.min(...Array.from(this.#open.values(), ({ at }) => at));
    if (Number.isFinite(next)) this.#wakeBy(next);
  }
}
