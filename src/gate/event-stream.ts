import type { StreamEnd } from "../protocol/live-event-view.ts";
import { eventFrame } from "../protocol/server-sent-events.ts";

const encoder = new TextEncoder();

/**
 * What one reader is sent, as fast as it takes it: at most so many frames wait for it. One that is slower than that gets
 * those, is told so, and is at its end.
 */
export class EventStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #most: number;
  readonly #closed: () => void;
  #waiting: string[] = [];
  #state: "open" | "ending" | "closed" = "open";
  #wake: () => void = () => undefined;
  #fail: (reason: Error) => void = () => undefined;
  #takenAt = Date.now();

  /** @param closed is told once, when the stream holds nothing any more */
  constructor(most: number, closed: () => void) {
    this.#most = most;
    this.#closed = closed;
    this.body = new ReadableStream({
      type: "bytes",
      start: (controller) => {
        this.#fail = (reason) => controller.error(reason);
      },
      pull: (controller) => this.#pull(controller),
      cancel: () => this.#drop(),
    });
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Since when frames wait that nobody takes, in milliseconds since the epoch; null when none do. */
  get stuckSince(): number | null {
    return this.#state !== "closed" && this.#waiting.length > 0 ? this.#takenAt : null;
  }

  send(frame: string): void {
    if (this.#state !== "open") return;
    if (this.#waiting.length >= this.#most) return this.end("slow");
    if (this.#waiting.length === 0) this.#takenAt = Date.now();
    this.#waiting.push(frame);
    this.#wake();
  }

  /** Ends after what waits, with an event that says why if there is more to come. */
  end(reason?: StreamEnd["reason"]): void {
    if (this.#state !== "open") return;
    if (reason) this.#waiting.push(eventFrame({ event: "events.end", data: JSON.stringify({ reason }) }));
    this.#state = "ending";
    this.#wake();
  }

  /** Gives up a reader that takes nothing any more. */
  abort(): void {
    if (this.#state === "closed") return;
    this.#fail(new Error("the reader takes nothing any more"));
    this.#drop();
  }

  #drop(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#waiting = [];
    this.#wake();
    this.#closed();
  }

  async #pull(controller: ReadableByteStreamController): Promise<void> {
    if (this.#waiting.length === 0 && this.#state === "open") {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#state === "closed") return;
    const text = this.#waiting.join("");
    this.#waiting = [];
    this.#takenAt = Date.now();
    if (text !== "") controller.enqueue(encoder.encode(text));
    if (this.#state === "ending") {
      controller.close();
      // A reader that has brought its own buffer is told that nothing comes into it.
      controller.byobRequest?.respond(0);
      this.#drop();
    }
  }
}
