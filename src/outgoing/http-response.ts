import { FatalError, RetryError } from "../domain/outcome.ts";
import { retryAfterMs } from "./retry-after.ts";

/** What is kept of a response. */
export interface CapturedResponse {
  readonly status: number;
  /** Names in lower case. At most 50, and 8,192 characters in all; what goes beyond is left out. */
  readonly headers: Record<string, string>;
  /** The first 16 KB, read as UTF-8 (so bytes that are no UTF-8 are replaced). */
  readonly body: string;
  /** The response's body was longer than what was kept. */
  readonly truncated: boolean;
}

const MOST_HEADERS = 50;
const MOST_HEADER_CHARACTERS = 8_192;
const MOST_BODY_BYTES = 16_384;
const QUOTED_CHARACTERS = 200;

/** Reads a response up to the caps and cancels what is left of it. Rejects as the stream does. */
export async function captureResponse(response: Response): Promise<CapturedResponse> {
  const { bytes, truncated } = await readStart(response);
  // As a stream, the decoder holds back a character that the cut has halved.
  const body = new TextDecoder().decode(bytes, { stream: truncated });
  return { status: response.status, headers: headerRecord(response.headers), body, truncated };
}

/**
 * Whether a response ends the job well. RFC 9110 §15: what a later try may cure is retried (408, 425 by RFC 8470, 429
 * by RFC 6585, 5xx), after the time that `Retry-After` names if there is one.
 * @param host Named in the error. The rest of a URL may be a secret.
 * @throws RetryError for these; FatalError for every other status outside 2xx.
 */
export function requireSuccess(response: CapturedResponse, retryAfter: string | null, host: string): void {
  const { status } = response;
  if (status >= 200 && status < 300) return;
  const message = describeAnswer(response, host);
  if (status < 500 && ![408, 425, 429].includes(status)) throw new FatalError(message);
  const afterMs = retryAfterMs(retryAfter, Date.now());
  throw new RetryError(message, afterMs === undefined ? {} : { after: `${afterMs}ms` });
}

/** An answer as a job's error tells it: the status, and how the body begins. */
export function describeAnswer({ status, body }: CapturedResponse, host: string): string {
  return `${host} answered ${status}${quote(body)}`;
}

function quote(body: string): string {
  const line = body.replace(/[\s\p{Cc}]+/gu, " ").trim();
  return line === "" ? "" : `: ${line.slice(0, QUOTED_CHARACTERS).toWellFormed()}`;
}

async function readStart(response: Response): Promise<{ bytes: Uint8Array; truncated: boolean }> {
  const kept = new Uint8Array(MOST_BODY_BYTES);
  if (response.body === null) return { bytes: kept.subarray(0, 0), truncated: false };
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { bytes: kept.subarray(0, length), truncated: false };
    const room = MOST_BODY_BYTES - length;
    kept.set(value.subarray(0, room), length);
    length += Math.min(value.byteLength, room);
    if (value.byteLength > room) {
      // What was read stands, whether or not the connection closes cleanly.
      await reader.cancel().catch(() => {});
      return { bytes: kept, truncated: true };
    }
  }
}

function headerRecord(headers: Headers): Record<string, string> {
  const kept = new Map<string, string>();
  let characters = 0;
  for (const [name, value] of headers) {
    const before = kept.get(name);
    const added = before === undefined ? name.length + value.length : value.length + 2;
    if (characters + added > MOST_HEADER_CHARACTERS || (before === undefined && kept.size === MOST_HEADERS)) continue;
    characters += added;
    kept.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return Object.fromEntries(kept);
}
