/** A call that waits to be written together with others. */
export interface Buffered {
  readonly rows: number;
  readonly bytes: number;
  /** What it shares with no other call of the same write: the ids and keys that its caller chose. */
  readonly unique: readonly string[];
}

export interface BufferLimits {
  /** All that may wait. */
  readonly rows: number;
  readonly bytes: number;
  /** What one write takes, unless a single call is larger. */
  readonly rowsPerWrite: number;
  readonly bytesPerWrite: number;
}

/**
 * Group commit by natural batching: while a write is in flight the calls collect here, and the next write takes all
 * that fit, in the order in which they came.
 */
export class CommitBuffer<Call extends Buffered> {
  readonly #limits: BufferLimits;
  #calls: Call[] = [];
  #rows = 0;
  #bytes = 0;

  constructor(limits: BufferLimits) {
    this.#limits = limits;
  }

  get rows(): number {
    return this.#rows;
  }

  get isEmpty(): boolean {
    return this.#calls.length === 0;
  }

  /** Whether there is place for so much more. */
  fits(rows: number, bytes: number): boolean {
    return this.#rows + rows <= this.#limits.rows && this.#bytes + bytes <= this.#limits.bytes;
  }

  add(call: Call): void {
    this.#calls.push(call);
    this.#count(call, 1);
  }

  /** The calls of the next write. One that shares an id or key with a call before it stays for the write after. */
  take(): Call[] {
    const taken: Call[] = [];
    const left: Call[] = [];
    const unique = new Set<string>();
    let rows = 0;
    let bytes = 0;
    let full = false;
    for (const call of this.#calls) {
      const overlaps = call.unique.some((value) => unique.has(value));
      for (const value of call.unique) unique.add(value);
      full ||=
        taken.length > 0 &&
        (rows + call.rows > this.#limits.rowsPerWrite || bytes + call.bytes > this.#limits.bytesPerWrite);
      if (full || overlaps) {
        left.push(call);
        continue;
      }
      taken.push(call);
      rows += call.rows;
      bytes += call.bytes;
      this.#count(call, -1);
    }
    this.#calls = left;
    return taken;
  }

  /** Everything that waits, as when nothing can be written. */
  takeAll(): Call[] {
    const calls = this.#calls;
    this.#calls = [];
    this.#rows = 0;
    this.#bytes = 0;
    return calls;
  }

  #count({ rows, bytes }: Call, sign: 1 | -1): void {
    this.#rows += sign * rows;
    this.#bytes += sign * bytes;
  }
}
