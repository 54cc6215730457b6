import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Buffered, type BufferLimits, CommitBuffer } from "../../../src/gate/commit-buffer.ts";

const LIMITS: BufferLimits = { rows: 100, bytes: 1_000, rowsPerWrite: 10, bytesPerWrite: 100 };

interface Call extends Buffered {
  readonly name: string;
}

const call = (name: string, overrides: Partial<Buffered> = {}): Call => ({
  name,
  rows: 1,
  bytes: 1,
  unique: [],
  ...overrides,
});

function bufferWith(...calls: Call[]): CommitBuffer<Call> {
  const buffer = new CommitBuffer<Call>(LIMITS);
  for (const one of calls) buffer.add(one);
  return buffer;
}

const names = (calls: readonly Call[]) => calls.map(({ name }) => name);

describe("CommitBuffer", () => {
  it("takes all that waits, in the order in which it came", () => {
    const buffer = bufferWith(call("a"), call("b"), call("c"));
    expect(names(buffer.take())).toEqual(["a", "b", "c"]);
    expect([buffer.isEmpty, buffer.rows, buffer.take()]).toEqual([true, 0, []]);
  });

  it.each([
    ["rows", { rows: 6 }],
    ["bytes", { bytes: 60 }],
  ])("stops where one write has enough %s", (_, size) => {
    const buffer = bufferWith(call("a", size), call("b", size), call("small"));
    expect(names(buffer.take())).toEqual(["a"]);
    expect(names(buffer.take())).toEqual(["b", "small"]);
  });

  it("takes a call alone that is larger than a write", () => {
    const buffer = bufferWith(call("huge", { rows: 50 }), call("small"));
    expect(names(buffer.take())).toEqual(["huge"]);
    expect(names(buffer.take())).toEqual(["small"]);
  });

  it("leaves a call for the next write that shares an id or key with one before it", () => {
    const buffer = bufferWith(
      call("first", { unique: ["id", "key:k"] }),
      call("other", { unique: ["key:l"] }),
      call("again", { unique: ["key:k"] }),
    );
    expect(names(buffer.take())).toEqual(["first", "other"]);
    expect(names(buffer.take())).toEqual(["again"]);
  });

  it("keeps the order of calls that share an id or key through one that waits", () => {
    const buffer = bufferWith(
      call("a", { unique: ["1"] }),
      call("b", { unique: ["1", "2"] }),
      call("c", { unique: ["2"] }),
    );
    expect([names(buffer.take()), names(buffer.take()), names(buffer.take())]).toEqual([["a"], ["b"], ["c"]]);
  });

  it("says when there is no place for more", () => {
    const buffer = bufferWith(call("a", { rows: 99, bytes: 999 }));
    expect([buffer.fits(1, 1), buffer.fits(2, 0), buffer.fits(0, 2)]).toEqual([true, false, false]);
    buffer.take();
    expect(buffer.fits(100, 1_000)).toBe(true);
  });

  it("gives up everything at once", () => {
    const buffer = bufferWith(call("a", { rows: 60 }), call("b", { unique: ["1"] }), call("c", { unique: ["1"] }));
    expect(names(buffer.takeAll())).toEqual(["a", "b", "c"]);
    expect([buffer.isEmpty, buffer.rows, buffer.fits(100, 1_000)]).toEqual([true, 0, true]);
  });

  const anyCall = fc.record({
    rows: fc.integer({ min: 1, max: 15 }),
    bytes: fc.integer({ min: 0, max: 150 }),
    unique: fc.uniqueArray(fc.constantFrom("1", "2", "3", "4"), { maxLength: 2 }),
  });
  /** Calls that come, and `null` where a write takes. */
  const history = fc.array(fc.option(anyCall, { freq: 3 }), { maxLength: 40 });

  it("gives every call to one write, within its caps, in order where it matters, and counts back to zero", () => {
    fc.assert(
      fc.property(history, (history) => {
        const buffer = new CommitBuffer<Call>(LIMITS);
        const added: Call[] = [];
        const writes: Call[][] = [];
        for (const [index, one] of history.entries()) {
          if (one === null) writes.push(buffer.take());
          else {
            const next = call(`call-${index}`, one);
            added.push(next);
            buffer.add(next);
          }
          const waiting = added.slice().filter((one) => !writes.flat().includes(one));
          expect(buffer.rows).toBe(waiting.reduce((rows, one) => rows + one.rows, 0));
        }
        while (!buffer.isEmpty) {
          const taken = buffer.take();
          expect(taken).not.toEqual([]);
          writes.push(taken);
        }
        expect(buffer.rows).toBe(0);
        expect(buffer.fits(LIMITS.rows, LIMITS.bytes)).toBe(true);

        const order = writes.flat();
        expect(names(order).toSorted()).toEqual(names(added).toSorted());
        for (const write of writes) {
          expect(write).toEqual(added.filter((one) => write.includes(one)));
          const rows = write.reduce((sum, one) => sum + one.rows, 0);
          const bytes = write.reduce((sum, one) => sum + one.bytes, 0);
          if (write.length > 1)
            expect([rows <= LIMITS.rowsPerWrite, bytes <= LIMITS.bytesPerWrite]).toEqual([true, true]);
          const unique = write.flatMap((one) => one.unique);
          expect(new Set(unique).size).toBe(unique.length);
        }
        for (const value of ["1", "2", "3", "4"]) {
          const sharing = (calls: readonly Call[]) => names(calls.filter((one) => one.unique.includes(value)));
          expect(sharing(order)).toEqual(sharing(added));
        }
      }),
    );
  });
});
