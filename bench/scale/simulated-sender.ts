import { packMessages } from "../../src/gate/pack-messages.ts";
import type { Message, SimulatedJob } from "./job.ts";
import { MESSAGES_PER_SEND, type Parameters } from "./parameters.ts";
import type { SimulatedQueue } from "./simulated-queue.ts";
import type { Timeline } from "./timeline.ts";

/** A gate's way into the Queue, one send at a time: what is released meanwhile goes with the next one. */
export class SimulatedSender {
  readonly #timeline: Timeline;
  readonly #queue: SimulatedQueue;
  readonly #parameters: Parameters;
  #pending: SimulatedJob[] = [];
  #unsent: Message[] = [];
  #sending = false;

  constructor(timeline: Timeline, queue: SimulatedQueue, parameters: Parameters) {
    this.#timeline = timeline;
    this.#queue = queue;
    this.#parameters = parameters;
  }

  send(jobs: readonly SimulatedJob[]): void {
    for (const job of jobs) this.#pending.push(job);
    if (!this.#sending) this.#sendNext();
  }

  #sendNext(): void {
    if (this.#unsent.length === 0) {
      this.#unsent = this.#pack(this.#pending);
      this.#pending = [];
    }
    const batch = this.#unsent.splice(0, MESSAGES_PER_SEND);
    this.#sending = batch.length > 0;
    if (!this.#sending) return;
    this.#timeline.after(this.#parameters.queue.sendMs, () => {
      this.#queue.send(batch);
      this.#sendNext();
    });
  }

  #pack(jobs: readonly SimulatedJob[]): Message[] {
    const { design, load } = this.#parameters;
    if (!design.packing) return jobs.map((job) => ({ jobs: [job] }));
    const byId = new Map(jobs.map((job) => [job.id, job]));
    const sendable = jobs.map(({ id }) => ({ id, isolated: 0, solo: 0, payloadBytes: load.payloadBytes }));
    return packMessages("tenant", sendable).jobs.map(({ jobIds }) => ({
      jobs: jobIds.flatMap((id) => byId.get(id) ?? []),
    }));
  }
}
