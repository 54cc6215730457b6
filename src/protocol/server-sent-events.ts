/** One event of a stream, as a reader gets it. */
export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
}

interface Frame {
  readonly id?: string | undefined;
  readonly event?: string | undefined;
  /** On one line, as JSON is. */
  readonly data?: string | undefined;
  /** Milliseconds after which a reader that has lost the stream comes back. */
  readonly retry?: number | undefined;
  readonly comment?: string | undefined;
}

/** An event, or a part of a stream that only sets its id or keeps it alive, as text (WHATWG HTML, server-sent events). */
export function eventFrame({ comment, retry, id, event, data }: Frame): string {
  const fields = Object.entries({ "": comment, retry, id, event, data }).filter(([, value]) => value !== undefined);
  return `${fields.map(([name, value]) => `${name}: ${value}\n`).join("")}\n`;
}

const LF = 10;
/** No event of ours comes near: what is longer is no stream of events. */
const LONGEST_EVENT = 1_000_000;

/**
 * Reads a stream of events piece by piece, wherever the pieces are cut (WHATWG HTML, 9.2.6: interpreting an event
 * stream). An event that is not ended by an empty line is never given.
 */
export class EventReader {
  readonly #decoder = new TextDecoder();
  #rest = "";
  #data: string[] = [];
  #size = 0;
  #event = "";
  #id: string;
  /** The id to come back with: that of the last event, even of one without data. */
  lastEventId: string;
  /** Milliseconds to wait before that, when the stream has said so. */
  retryMs: number | undefined;
  #afterReturn = false;

  constructor(lastEventId = "") {
    this.lastEventId = lastEventId;
    this.#id = lastEventId;
  }

  /**
   * The events that this piece completes.
   * @throws RangeError when an event is longer than any should be
   */
  read(bytes: Uint8Array): ServerSentEvent[] {
    let text = this.#decoder.decode(bytes, { stream: true });
    if (text === "") return [];
    // A line that ended with a return in the piece before may go on with its line feed.
    if (this.#afterReturn && text.charCodeAt(0) === LF) text = text.slice(1);
    this.#afterReturn = text === "" ? false : text.endsWith("\r");
    const lines = (this.#rest + text).split(/\r\n|\n|\r/);
    this.#rest = lines.pop() ?? "";
    const events = lines.flatMap((line) => this.#line(line) ?? []);
    if (this.#size + this.#rest.length > LONGEST_EVENT) throw new RangeError("an event is too long");
    return events;
  }

  #line(line: string): ServerSentEvent | null {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#event = value;
    else if (field === "data") {
      this.#data.push(value);
      this.#size += value.length;
    } else if (field === "id" && !value.includes("\0")) this.#id = value;
    else if (field === "retry" && /^[0-9]+$/.test(value)) this.retryMs = Number(value);
    return null;
  }

  #dispatch(): ServerSentEvent | null {
    this.lastEventId = this.#id;
    const dispatched = { event: this.#event || "message", data: this.#data.join("\n") };
    const isEmpty = this.#data.length === 0;
    this.#event = "";
    this.#data = [];
    this.#size = 0;
    return isEmpty ? null : dispatched;
  }
}
