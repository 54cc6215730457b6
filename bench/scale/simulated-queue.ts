import type { Message } from "./job.ts";
import type { Parameters } from "./parameters.ts";
import { Station, type Window } from "./station.ts";
import type { Timeline } from "./timeline.ts";

/** The Queue: takes so many messages a second, and hands what waits to the next free consumer, up to a batch. */
export class SimulatedQueue {
  readonly station: Station;
  readonly #times: Parameters["queue"];
  readonly #consume: (batch: readonly Message[], done: () => void) => void;
  readonly #waiting: Message[] = [];
  /** How many of them have been handed over. */
  #delivered = 0;
  #free: number;

  constructor(
    timeline: Timeline,
    window: Window,
    times: Parameters["queue"],
    consume: (batch: readonly Message[], done: () => void) => void,
  ) {
    this.station = new Station(timeline, window);
    this.#times = times;
    this.#consume = consume;
    this.#free = times.consumers;
  }

  send(messages: readonly Message[]): void {
    for (const message of messages) {
      this.station.serve(1_000 / this.#times.messagesPerSecond, () => {
        this.#waiting.push(message);
        this.#deliver();
      });
    }
  }

  #deliver(): void {
    while (this.#free > 0 && this.#waiting.length > this.#delivered) {
      const batch = this.#waiting.slice(this.#delivered, this.#delivered + this.#times.messagesPerBatch);
      this.#delivered += batch.length;
      this.#free--;
      this.#consume(batch, () => {
        this.#free++;
        this.#deliver();
      });
    }
  }
}
