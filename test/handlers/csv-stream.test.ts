import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import seattleWeather from "../../node_modules/vega-datasets/data/seattle-weather.csv?raw";
import { FatalError } from "../../src/domain/outcome.ts";
import { readCsv } from "../../src/handlers/csv-stream.ts";
import { chunked, readAll, readError, sourceOf, utf8 } from "../support/csv-source.ts";

const BOM = "\uFEFF";
const read = (csv: string, delimiter?: string) => readAll(chunked([utf8(csv)]).stream, delimiter);
const forever = () => new Promise<never>(() => {});

describe("CSV", () => {
  it.each([
    ["lines that end in LF", "a,b\n1,2\n"],
    ["lines that end in CRLF", "a,b\r\n1,2\r\n"],
    ["lines that end in CR", "a,b\r1,2\r"],
    ["lines that end in each of them", "a,b\r\n\n1,2\r"],
    ["a last line that does not end", "a,b\n1,2"],
    ["a byte order mark", `${BOM}a,b\n1,2\n`],
    ["blank lines", "\n\na,b\n\n\n1,2\n\n"],
    ["quotes around all", '"a","b"\n"1","2"\n'],
    ["a byte order mark before a quote", `${BOM}"a",b\n1,2`],
  ])("is read with %s", async (_, csv) => {
    expect(await read(csv)).toEqual([
      ["a", "b"],
      ["1", "2"],
    ]);
  });

  it.each([
    ["a delimiter", '"1,5",2', ["1,5", "2"]],
    ["a line break", '"1\n5",2', ["1\n5", "2"]],
    ["a line break of two characters", '"1\r\n5",2', ["1\r\n5", "2"]],
    ["a quote", '"1 ""and"" 5",2', ['1 "and" 5', "2"]],
    ["nothing but a quote", '"""",2', ['"', "2"]],
    ["nothing", '"",2', ["", "2"]],
    ["space", '" 1 ",2', [" 1 ", "2"]],
  ])("may have %s in quotes", async (_, line, record) => {
    expect(await read(`a,b\n${line}\n3,4\n`)).toEqual([["a", "b"], record, ["3", "4"]]);
  });

  it.each(["\t", ";", "|", " ", "§", "😀"])("may have %j between its fields", async (delimiter) => {
    expect(await read(`a${delimiter}b\n"1${delimiter}"${delimiter}2,3\n`, delimiter)).toEqual([
      ["a", "b"],
      [`1${delimiter}`, "2,3"],
    ]);
  });

  it("has an empty field, not a blank line, where it has empty quotes", async () => {
    expect(await read('a\n""\n\n1\n')).toEqual([["a"], [""], ["1"]]);
  });

  it.each([
    ["nothing", ""],
    ["a byte order mark", BOM],
    ["blank lines", "\r\n\n"],
  ])("is empty with %s", async (_, csv) => {
    expect(await read(csv)).toEqual([]);
  });
});

describe("chunks", () => {
  const TRICKY = `${BOM}näme,"the ""price"" in €",😀\r\n"a\r\nb","x,y",ü\r\n\r\n"""",,"😀"\r\n1,2,"3"`;
  const RECORDS = [
    ["näme", 'the "price" in €', "😀"],
    ["a\r\nb", "x,y", "ü"],
    ['"', "", "😀"],
    ["1", "2", "3"],
  ];

  it("may end between any two bytes", async () => {
    const bytes = utf8(TRICKY);
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(await readAll(chunked([bytes.subarray(0, cut), bytes.subarray(cut)]).stream)).toEqual(RECORDS);
    }
  });

  it("may have one byte each", async () => {
    const bytes = utf8(TRICKY);
    expect(await readAll(chunked([...bytes].map((byte) => Uint8Array.of(byte))).stream)).toEqual(RECORDS);
  });

  it("never change what is read, whatever the fields and wherever the chunks end", async () => {
    const field = fc.oneof(
      fc.string({ unit: fc.constantFrom('"', ",", ";", "\r", "\n", "\r\n", " ", "a", "ü", "€", "😀", BOM, "\0") }),
      fc.string({ unit: "binary" }),
    );
    const table = fc
      .integer({ min: 1, max: 5 })
      .chain((width) => fc.array(fc.array(field, { minLength: width, maxLength: width }), { minLength: 1 }));
    const layout = fc.record({
      delimiter: fc.constantFrom(",", ";", "\t", "§"),
      lineEnd: fc.constantFrom("\n", "\r\n", "\r"),
      bom: fc.boolean(),
      quoteAll: fc.boolean(),
    });
    const cuts = fc.array(fc.nat(), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(table, layout, cuts, async (table, layout, cuts) => {
        const bytes = utf8(written(table, layout));
        const ends = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
        const chunks = ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
        expect(await readAll(chunked(chunks).stream, layout.delimiter)).toEqual(table);
      }),
      { numRuns: 300 },
    );
  });
});

interface Layout {
  readonly delimiter: string;
  readonly lineEnd: string;
  readonly bom: boolean;
  readonly quoteAll: boolean;
}

/** A table as CSV (RFC 4180). */
function written(table: readonly (readonly string[])[], { delimiter, lineEnd, bom, quoteAll }: Layout): string {
  const quote = (field: string) => `"${field.replaceAll('"', '""')}"`;
  const needsQuotes = (field: string) => field === "" || /["\r\n\uFEFF]/.test(field) || field.includes(delimiter);
  const lines = table.map((record) =>
    record.map((field) => (quoteAll || needsQuotes(field) ? quote(field) : field)).join(delimiter),
  );
  return (bom ? BOM : "") + lines.join(lineEnd);
}

describe("what is no CSV", () => {
  it.each([
    ["row 2 of the CSV cannot be read: Invalid Record Length: expect 2, got 1 on line 4", "a,b\n1,2\n\n3\n4,5"],
    ["row 1 of the CSV cannot be read: Invalid Record Length: expect 2, got 3 on line 2", "a,b\n1,2,3\n"],
    ["row 1 of the CSV cannot be read: Invalid Opening Quote", 'a,b\n1,2"3\n'],
    ["row 1 of the CSV cannot be read: Invalid Closing Quote", 'a,b\n1,"2"3\n'],
    ["row 2 of the CSV cannot be read: Quote Not Closed", 'a,b\n1,2\n3,"4\n5,6\n'],
    ["the header of the CSV cannot be read: Quote Not Closed", '"a,b\n1,2\n'],
  ])("is refused: %s", async (message, csv) => {
    const error = await readError(chunked([utf8(csv)]).stream);
    expect(error).toBeInstanceOf(FatalError);
    expect((error as Error).message).toContain(message);
  });

  it.each([
    ["Latin-1", [Uint8Array.of(0x61, 0x0a, 0x4d, 0xfc, 0x6c, 0x6c, 0x65, 0x72)]],
    ["UTF-16", [Uint8Array.of(0xff, 0xfe, 0x61, 0x00)]],
    ["UTF-8 that ends within a character", [Uint8Array.of(0x61, 0x0a, 0xe2, 0x82)]],
    ["a character that another chunk does not go on with", [Uint8Array.of(0x61, 0xe2), Uint8Array.of(0x82, 0x62)]],
  ])("is refused as no UTF-8: %s", async (_, chunks) => {
    const error = await readError(chunked(chunks).stream);
    expect(error).toBeInstanceOf(FatalError);
    expect((error as Error).message).toMatch(/^the CSV is not UTF-8, soon after byte \d: save it as UTF-8$/);
  });
});

describe("memory", () => {
  const CHUNK = utf8("1,2\n".repeat(16_384));

  it("holds a few chunks, however slow the consumer is", async () => {
    const source = sourceOf((index) => (index < 50 ? CHUNK : undefined));
    let rows = 0;
    let mostAhead = 0;
    await readCsv(source.stream, { delimiter: ",", signal: new AbortController().signal }, async (records) => {
      for await (const _ of records) {
        mostAhead = Math.max(mostAhead, source.pulled - rows++ / 16_384);
        if (rows % 4_096 === 0) await scheduler.wait(0);
      }
    });
    expect(rows).toBe(50 * 16_384);
    expect(mostAhead).toBeLessThan(4);
  });

  it.each([
    ["a field that does not end", "a".repeat(65_536)],
    ["quotes that are not closed", 'a\n"'.padEnd(65_536, "\n")],
    ["fields without end", ",".repeat(65_536)],
  ])("is bounded for a record that has %s", async (_, text) => {
    const chunk = utf8(text);
    const source = sourceOf((index) => (index === 0 ? chunk : chunk.subarray(4)));
    const error = await readError(source.stream);
    expect(error).toBeInstanceOf(FatalError);
    expect((error as Error).message).toContain("record exceed the maximum number of tolerated bytes of 1000000");
    expect(source.pulled * 65_536).toBeLessThan(1_500_000);
    expect(source.cancelled).toBe(true);
  });

  it("takes a record of a megabyte", async () => {
    const long = "x".repeat(999_000);
    expect(await read(`a,b\n"${long}",2\n`)).toEqual([
      ["a", "b"],
      [long, "2"],
    ]);
  });
});

describe("the end", () => {
  it("comes after all that R2 has", async () => {
    await env.BLOBS.put("weather.csv", seattleWeather);
    const object = await env.BLOBS.get("weather.csv");
    expect(await readAll(object!.body)).toEqual(
      seattleWeather
        .trim()
        .split("\n")
        .map((line) => line.split(",")),
    );
  });

  it("comes with the consumer's result", async () => {
    const { stream } = chunked([utf8("a\n1\n2")]);
    const consume = async (records: AsyncIterable<string[]>) => (await Array.fromAsync(records)).length;
    expect(await readCsv(stream, { delimiter: ",", signal: new AbortController().signal }, consume)).toBe(3);
  });

  it("comes with the stream's own error, which may be over the next time", async () => {
    const lost = new Error("Network connection lost.");
    const { stream } = sourceOf((index) => (index === 0 ? utf8("a\n1\n") : Promise.reject(lost)));
    expect(await readError(stream)).toBe(lost);
  });

  it("cancels the stream when the consumer throws", async () => {
    const source = sourceOf(() => utf8("1\n".repeat(1_000)));
    const refusal = new FatalError("no");
    const consume = async (records: AsyncIterable<string[]>) => {
      for await (const _ of records) throw refusal;
    };
    const reading = readCsv(source.stream, { delimiter: ",", signal: new AbortController().signal }, consume);
    await expect(reading).rejects.toBe(refusal);
    await expect.poll(() => source.cancelled).toBe(true);
    expect(source.pulled).toBeLessThan(200);
  });
});

describe("an abort", () => {
  const reason = new DOMException("the attempt took too long", "TimeoutError");

  it("ends a stream that stalls, and cancels it", async () => {
    const { promise: stalled, resolve } = Promise.withResolvers<void>();
    const source = sourceOf((index) => {
      if (index === 0) return utf8("a\n1\n");
      resolve();
      return forever();
    });
    const attempt = new AbortController();
    const failed = readError(source.stream, attempt.signal);
    await stalled;
    attempt.abort(reason);
    expect(await failed).toBe(reason);
    expect(source.cancelled).toBe(true);
  });

  it("ends a stream of the runtime's own that stalls", async () => {
    const { readable, writable } = new IdentityTransformStream();
    const written = writable.getWriter().write(utf8("a\n1\n2\n3\n"));
    const attempt = new AbortController();
    const failed = readError(readable, attempt.signal);
    await written;
    attempt.abort(reason);
    expect(await failed).toBe(reason);
  });

  it("comes through while the stream always has more", async () => {
    const chunk = utf8("1,2\n".repeat(16_384));
    const source = sourceOf((index) => (index < 300 ? chunk : undefined));
    const attempt = new AbortController();
    setTimeout(() => attempt.abort(reason), 0);
    expect(await readError(source.stream, attempt.signal)).toBe(reason);
    expect(source.cancelled).toBe(true);
  });

  it("comes through in the midst of a large chunk", async () => {
    const rows = 1_000_000;
    const attempt = new AbortController();
    setTimeout(() => attempt.abort(reason), 0);
    let read = 0;
    const { stream } = chunked([utf8("1,2\n".repeat(rows))]);
    const reading = readCsv(stream, { delimiter: ",", signal: attempt.signal }, async (records) => {
      for await (const _ of records) read++;
    });
    await expect(reading).rejects.toBe(reason);
    expect(read).toBeLessThan(rows / 2);
  });

  it("before the start reads nothing", async () => {
    const source = chunked([utf8("a\n1\n")]);
    expect(await readError(source.stream, AbortSignal.abort(reason))).toBe(reason);
    expect(source).toMatchObject({ pulled: 0, cancelled: true });
  });
});
