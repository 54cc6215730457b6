import { readCsv } from "../../src/handlers/csv-stream.ts";

const encoder = new TextEncoder();

export const utf8 = (text: string) => encoder.encode(text);

/** A stream that makes a chunk only when it is asked for one, and what has become of it. */
export interface Source {
  readonly stream: ReadableStream<Uint8Array>;
  /** Chunks made so far. */
  readonly pulled: number;
  readonly cancelled: boolean;
}

/** @param next Undefined ends the stream; a promise that never settles stalls it. */
export function sourceOf(next: (index: number) => Uint8Array | undefined | Promise<never>): Source {
  const source = { pulled: 0, cancelled: false };
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = await next(source.pulled);
        if (chunk === undefined) return controller.close();
        source.pulled++;
        controller.enqueue(chunk);
      },
      cancel() {
        source.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return Object.assign(source, { stream });
}

export const chunked = (chunks: readonly Uint8Array[]) => sourceOf((index) => chunks[index]);

/** All records, the header too. */
export async function readAll(stream: ReadableStream<Uint8Array>, delimiter = ","): Promise<string[][]> {
  return readCsv(stream, { delimiter, signal: new AbortController().signal }, (records) => Array.fromAsync(records));
}

/** What reading fails with. */
export async function readError(stream: ReadableStream<Uint8Array>, signal?: AbortSignal): Promise<unknown> {
  const consume = async (records: AsyncIterable<string[]>) => {
    for await (const _ of records);
  };
  const options = { delimiter: ",", signal: signal ?? new AbortController().signal };
  return readCsv(stream, options, consume).then(
    () => new Error("nothing failed"),
    (thrown) => thrown,
  );
}
