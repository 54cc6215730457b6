import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventReader, eventFrame } from "../../src/protocol/server-sent-events.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function readAll(text: string, reader = new EventReader()) {
  return { events: reader.read(bytes(text)), id: reader.lastEventId, retryMs: reader.retryMs };
}

/** Cut into pieces behind these places. */
function cut(whole: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...new Set(places.map((place) => place % (whole.length + 1)))].toSorted((a, b) => a - b);
  return [...ends, whole.length].map((end, n) => whole.subarray(ends[n - 1] ?? 0, end));
}

describe("a reader of server-sent events", () => {
  it.each([
    // The examples of the specification (WHATWG HTML, 9.2.6).
    ["lines of data as one", "data: YHOO\ndata: +2\ndata: 10\n\n", [["message", "YHOO\n+2\n10"]]],
    [
      "data that is empty",
      "data\n\ndata\ndata\n\ndata:",
      [
        ["message", ""],
        ["message", "\n"],
      ],
    ],
    [
      "one space after the colon as none",
      "data:test\n\ndata: test\n\n",
      [
        ["message", "test"],
        ["message", "test"],
      ],
    ],
    ["only one space", "data:  a\n\n", [["message", " a"]]],
    [
      "the event's name, for one event",
      "event: add\ndata: 1\n\ndata: 2\n\n",
      [
        ["add", "1"],
        ["message", "2"],
      ],
    ],
    ["no event without data", "event: add\nid: 7\n\n", []],
    ["no event that is not ended", "data: 1\n", []],
    ["no comments, and no fields that it does not know", ": a\nnope: 1\nnope\ndata: 1\n\n", [["message", "1"]]],
    [
      "returns and line feeds alike",
      "data: 1\r\rdata: 2\r\n\r\ndata: 3\n\n",
      [
        ["message", "1"],
        ["message", "2"],
        ["message", "3"],
      ],
    ],
    ["what follows a mark of byte order", "\uFEFFdata: 1\n\n", [["message", "1"]]],
  ])("takes %s", (_, text, events) => {
    expect(readAll(text).events).toEqual(events.map(([event, data]) => ({ event, data })));
  });

  it("keeps the last id, also one that comes without data, until another or an empty one comes", () => {
    expect(readAll("id: 1\ndata: a\n\ndata: b\n\n").id).toBe("1");
    expect(readAll("id: 1\ndata: a\n\nid: 2\n\n").id).toBe("2");
    expect(readAll("id: 1\ndata: a\n\nid\ndata: b\n\n").id).toBe("");
    expect(readAll("id: 1\n\nid: 2\0\n\n").id).toBe("1");
    expect(readAll("id: 1\n\nid: 2\n").id).toBe("1");
    expect(readAll(": nothing\n\n", new EventReader("0")).id).toBe("0");
  });

  it("takes a retry that is a number, and no other", () => {
    expect(readAll("retry: 1500\n\nretry: soon\nretry: -1\nretry: 1.5\n\n").retryMs).toBe(1_500);
  });

  it("refuses an event without an end", () => {
    const reader = new EventReader();
    const feed = (piece: string) => {
      for (let times = 0; times < 2_000; times++) reader.read(bytes(piece));
    };
    expect(() => feed("x".repeat(1_000))).toThrow(RangeError);
    expect(() => feed(`data: ${"x".repeat(1_000)}\n`)).toThrow(RangeError);
  });

  it("reads the same wherever the stream is cut", () => {
    const part = fc.constantFrom(
      "data",
      "event",
      "id",
      "retry",
      ":",
      ": ",
      "\n",
      "\r",
      "\r\n",
      "\n\n",
      "é",
      "😀",
      "\uFEFF",
      "7",
      " ",
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 60 }), fc.array(fc.nat(), { maxLength: 20 }), (parts, places) => {
        const text = parts.join("");
        const reader = new EventReader();
        const events = cut(bytes(text), places).flatMap((piece) => reader.read(piece));
        // What ends in a return may be half of a line's end, in one piece as well.
        expect({ events, id: reader.lastEventId, retryMs: reader.retryMs }).toEqual(readAll(text));
      }),
      { numRuns: 2_000 },
    );
  });

  it("reads what is written, in any pieces", () => {
    const frame = fc.record({
      id: fc.stringMatching(/^[0-9a-z]+-[0-9]+$/),
      event: fc.stringMatching(/^[a-z.]+$/),
      value: fc.jsonValue(),
    });
    fc.assert(
      fc.property(fc.array(frame), fc.array(fc.nat()), (frames, places) => {
        const text = frames
          .map(({ id, event, value }) => eventFrame({ id, event, data: JSON.stringify(value) }))
          .join("");
        const reader = new EventReader();
        const events = cut(bytes(text), places).flatMap((piece) => reader.read(piece));
        expect(events).toEqual(frames.map(({ event, value }) => ({ event, data: JSON.stringify(value) })));
        expect(reader.lastEventId).toBe(frames.at(-1)?.id ?? "");
      }),
    );
  });
});

describe("a frame", () => {
  it("has its fields in order, and none that is not given", () => {
    expect(eventFrame({ retry: 2_000, id: "a-1", event: "job.started", data: "{}" })).toBe(
      "retry: 2000\nid: a-1\nevent: job.started\ndata: {}\n\n",
    );
    expect(eventFrame({ comment: "", id: "a-1" })).toBe(": \nid: a-1\n\n");
  });
});
