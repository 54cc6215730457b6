import { Station } from "./station.ts";
/** The Queue: takes so many messages a second, and hands what waits to the next free consumer, up to a batch. */
export class SimulatedQueue {
    station;
    #times;
    #consume;
    #waiting = [];
    /** How many of them have been handed over. */
    #delivered = 0;
    #free;
    constructor(timeline, window, times, consume) {
        this.station = new Station(timeline, window);
        this.#times = times;
        this.#consume = consume;
        this.#free = times.consumers;
    }
    send(messages) {
        for (const message of messages) {
            this.station.serve(1000 / this.#times.messagesPerSecond, () => {
                this.#waiting.push(message);
                this.#deliver();
            });
        }
    }
    #deliver() {
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
