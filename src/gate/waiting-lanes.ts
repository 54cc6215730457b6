/**
 * The lanes in which jobs wait for room, in turn: what was served goes to the end. A lane that may start none is set
 * aside until its time has come or something about it has changed, so that finding the next ones stays cheap however
 * many are held back.
 */
export class WaitingLanes {
  readonly #open = new Set<string>();
  /** Until when each is set aside, in milliseconds since the epoch; for ever, unless it is reopened. */
  readonly #aside = new Map<string, number>();
  /** The earliest of those times. */
  #nextOpening = Number.POSITIVE_INFINITY;

  has(queue: string): boolean {
    return this.#open.has(queue) || this.#aside.has(queue);
  }

  *all(): Iterable<string> {
    yield* this.#open;
    yield* this.#aside.keys();
  }

  add(queue: string): void {
    if (!this.has(queue)) this.#open.add(queue);
  }

  delete(queue: string): void {
    this.#open.delete(queue);
    this.#aside.delete(queue);
  }

  /** Those that wait, in place of what was known. */
  replace(queues: Iterable<string>): void {
    this.#open.clear();
    this.#aside.clear();
    this.#nextOpening = Number.POSITIVE_INFINITY;
    for (const queue of queues) this.#open.add(queue);
  }

  served(queue: string): void {
    if (this.#open.delete(queue)) this.#open.add(queue);
  }

  /** Something about a lane has changed: it may have room again. */
  reopen(queue: string): void {
    if (this.#aside.delete(queue)) this.#open.add(queue);
  }

  reopenAll(): void {
    for (const queue of this.#aside.keys()) this.reopen(queue);
    this.#nextOpening = Number.POSITIVE_INFINITY;
  }

  /**
   * The lanes whose turn it is, at most so many, all of which may start a job.
   * @param opensAt since when, or from when on a lane may start a job
   */
  next(most: number, now: number, opensAt: (queue: string) => number): string[] {
    if (now >= this.#nextOpening) this.#reopenDue(now);
    const found: string[] = [];
    for (const queue of this.#open) {
      if (found.length === most) break;
      const at = opensAt(queue);
      if (at <= now) found.push(queue);
      else this.#setAside(queue, at);
    }
    return found;
  }

  /** When the first lane that waits for a time may go on; null when none does. May be too early, never too late. */
  get nextOpening(): number | null {
    return this.#nextOpening === Number.POSITIVE_INFINITY ? null : this.#nextOpening;
  }

  #setAside(queue: string, until: number): void {
    this.#open.delete(queue);
    this.#aside.set(queue, until);
    this.#nextOpening = Math.min(this.#nextOpening, until);
  }

  #reopenDue(now: number): void {
    this.#nextOpening = Number.POSITIVE_INFINITY;
    for (const [queue, until] of this.#aside) {
      if (until <= now) this.reopen(queue);
      else this.#nextOpening = Math.min(this.#nextOpening, until);
    }
  }
}
