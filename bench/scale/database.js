import { Station } from "./station.ts";
/** One D1 database: one write at a time. */
export class Database {
    station;
    #timeline;
    #times;
    constructor(timeline, window, times) {
        this.station = new Station(timeline, window);
        this.#timeline = timeline;
        this.#times = times;
    }
    /** Writes so many rows in one transaction; `done` when the caller has the answer. */
    write(rows, done) {
        const { writeMs, rowMs, roundTripMs } = this.#times;
        this.#timeline.after(roundTripMs / 2, () => {
            this.station.serve(writeMs + rows * rowMs, () => this.#timeline.after(roundTripMs / 2, done));
        });
    }
}
