/**
 * Group commit by natural batching: while a write is in flight the calls collect here, and the next write takes all
 * that fit, in the order in which they came.
 */
export class CommitBuffer {
  #limits;
  #calls = [];
  #rows = 0;
  #bytes = 0;
  constructor(limits) {
    this.#limits = limits;
  }
  get rows() {
    return this.#rows;
  }
  get isEmpty() {
    return this.#calls.length === 0;
  }
  /** Whether there is place for so much more. */
  fits(rows, bytes) {
    return this.#rows + rows <= this.#limits.rows && this.#bytes + bytes <= this.#limits.bytes;
  }
  add(call) {
    this.#calls.push(call);
    this.#count(call, 1);
  }
  /** The calls of the next write. One that shares an id or key with a call before it stays for the write after. */
  take() {
    const taken = [];
    const left = [];
    const unique = new Set();
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
  takeAll() {
    const calls = this.#calls;
    this.#calls = [];
    this.#rows = 0;
    this.#bytes = 0;
    return calls;
  }
  #count({ rows, bytes }, sign) {
    this.#rows += sign * rows;
    this.#bytes += sign * bytes;
  }
}
