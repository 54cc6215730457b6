interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Simulated time, in milliseconds: events run in the order of their times, and of being set when those are equal. */
export class Timeline {
  now = 0;
  #order = 0;
  readonly #heap: Event[] = [];

  after(ms: number, run: () => void): void {
    this.at(this.now + ms, run);
  }

  at(time: number, run: () => void): void {
    const heap = this.#heap;
    const event = { at: time, order: this.#order++, run };
    let index = heap.push(event) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !precedes(event, parent)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = event;
  }

  /** Runs until nothing is left to happen. */
  run(): void {
    for (let event = this.#next(); event !== undefined; event = this.#next()) {
      this.now = event.at;
      event.run();
    }
  }

  #next(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      if (left === undefined) break;
      const isRight = right !== undefined && precedes(right, left);
      const least = isRight ? right : left;
      if (!precedes(least, last)) break;
      heap[index] = least;
      index = 2 * index + (isRight ? 2 : 1);
    }
    heap[index] = last;
    return first;
  }
}

function precedes(one: Event, other: Event): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
