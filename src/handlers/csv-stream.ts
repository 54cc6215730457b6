import { pipeline } from "node:stream/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { CsvError, parse } from "csv-parse";
import { FatalError } from "../domain/outcome.ts";
import { MOST_COLUMNS } from "./csv-header.ts";

const LONGEST_RECORD = 1_000_000;
const SLICE_BYTES = 65_536;
const BYTES_PER_TURN = 262_144;

export interface CsvOptions {
  /** One character. */
  readonly delimiter: string;
  readonly signal: AbortSignal;
}

/**
 * Reads CSV (RFC 4180, lines ending in CRLF, LF or CR; UTF-8 with or without a byte order mark) as a stream. However
 * large it is, a few slices of 64 KB and their records are held at a time. Blank lines are left out. The stream is
 * cancelled when reading ends before it does.
 * @param consume Is given the records, the header first, all with as many fields; what lies behind the 16,384th field
 *   is one. What it returns is returned.
 * @throws FatalError when it is no such CSV, or a record has more than 1,000,000 bytes; the reason of `signal` as soon
 *   as it aborts; what the stream or `consume` throws.
 */
export async function readCsv<Result>(
  csv: ReadableStream<Uint8Array>,
  { delimiter, signal }: CsvOptions,
  consume: (records: AsyncIterable<string[]>) => Promise<Result>,
): Promise<Result> {
  // csv-parse's Node stream, not its web stream: that one takes up to 1,024 chunks before it has parsed the first,
  // whatever their size, and needs more than twice the time for a record in workerd.
  const parser = parse({
    delimiter,
    bom: true,
    record_delimiter: ["\r\n", "\n", "\r"],
    skip_empty_lines: true,
    max_record_size: LONGEST_RECORD,
    // An empty field adds nothing to that size. Past this many fields, delimiters are text, which does.
    ignore_last_delimiters: MOST_COLUMNS + 1,
  });
  try {
    return await pipeline(slices(chunks(csv, signal), signal), parser, consume);
  } catch (thrown) {
    // A read that the abort has ended may fail in its own way.
    signal.throwIfAborted();
    if (!(thrown instanceof CsvError)) throw thrown;
    const { records } = parser.info;
    throw new FatalError(
      `${records === 0 ? "the header" : `row ${records}`} of the CSV cannot be read: ${thrown.message}`,
    );
  }
}

async function* chunks(csv: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const reader = csv.getReader();
  const cancel = () => void reader.cancel(signal.reason).catch(() => {});
  // Ends a read that would wait for ever, which returning from a generator does not.
  signal.addEventListener("abort", cancel);
  try {
    for (;;) {
      signal.throwIfAborted();
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) return;
      yield value;
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    cancel();
  }
}

/** Cuts chunks into slices that are known to be UTF-8, and lets others have a turn now and then. */
async function* slices(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const check = utf8Check();
  let sinceTurn = 0;
  for await (const chunk of chunks) {
    for (let start = 0; start < chunk.byteLength; start += SLICE_BYTES) {
      const slice = chunk.subarray(start, start + SLICE_BYTES);
      check(slice);
      yield slice;
      sinceTurn += slice.byteLength;
      if (sinceTurn < BYTES_PER_TURN) continue;
      // What is in memory already comes without a wait in between: timers, such as the one behind `signal`, starve.
      await nextTurn();
      signal.throwIfAborted();
      sinceTurn = 0;
    }
  }
  check(undefined);
}

/**
 * Checks bytes as they come; undefined is their end. Not left to the parser, which reads whatever is no UTF-8 as U+FFFD:
 * "Müller" and "Møller" in Latin-1 would be one group.
 */
function utf8Check(): (slice: Uint8Array | undefined) => void {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let checked = 0;
  return (slice) => {
    try {
      decoder.decode(slice, { stream: slice !== undefined });
    } catch {
      throw new FatalError(`the CSV is not UTF-8, soon after byte ${checked}: save it as UTF-8`);
    }
    checked += slice?.byteLength ?? 0;
  };
}
