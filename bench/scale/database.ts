import type { Parameters } from "./parameters.ts";
import { Station, type Window } from "./station.ts";
import type { Timeline } from "./timeline.ts";

/** One D1 database: one write at a time. */
export class Database {
  readonly station: Station;
  readonly #timeline: Timeline;
  readonly #times: Parameters["d1"];

  constructor(timeline: Timeline, window: Window, times: Parameters["d1"]) {
    this.station = new Station(timeline, window);
    this.#timeline = timeline;
    this.#times = times;
  }

  /** Writes so many rows in one transaction; `done` when the caller has the answer. */
  write(rows: number, done: () => void): void {
    const { writeMs, rowMs, roundTripMs } = this.#times;
    this.#timeline.after(roundTripMs / 2, () => {
      this.station.serve(writeMs + rows * rowMs, () => this.#timeline.after(roundTripMs / 2, done));
    });
  }
}
