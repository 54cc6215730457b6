import { packMessages } from "../../src/gate/pack-messages.ts";
import { MESSAGES_PER_SEND } from "./parameters.ts";
/** A gate's way into the Queue, one send at a time: what is released meanwhile goes with the next one. */
export class SimulatedSender {
    #timeline;
    #queue;
    #parameters;
    #pending = [];
    #unsent = [];
    #sending = false;
    constructor(timeline, queue, parameters) {
        this.#timeline = timeline;
        this.#queue = queue;
        this.#parameters = parameters;
    }
    send(jobs) {
        for (const job of jobs)
            this.#pending.push(job);
        if (!this.#sending)
            this.#sendNext();
    }
    #sendNext() {
        if (this.#unsent.length === 0) {
            this.#unsent = this.#pack(this.#pending);
            this.#pending = [];
        }
        const batch = this.#unsent.splice(0, MESSAGES_PER_SEND);
        this.#sending = batch.length > 0;
        if (!this.#sending)
            return;
        this.#timeline.after(this.#parameters.queue.sendMs, () => {
            this.#queue.send(batch);
            this.#sendNext();
        });
    }
    #pack(jobs) {
        const { design, load } = this.#parameters;
        if (!design.packing)
            return jobs.map((job) => ({ jobs: [job] }));
        const byId = new Map(jobs.map((job) => [job.id, job]));
        const sendable = jobs.map(({ id }) => ({ id, crashes: 0, solo: 0, payloadBytes: load.payloadBytes }));
        return packMessages("tenant", sendable).jobs.map(({ jobIds }) => ({
            jobs: jobIds.flatMap((id) => byId.get(id) ?? []),
        }));
    }
}
