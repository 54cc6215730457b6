import { isTerminal } from "../domain/job.ts";
import type { JobEvent } from "../protocol/live-event-view.ts";
import type { EventFilter } from "../protocol/live-events.ts";
import { eventFrame } from "../protocol/server-sent-events.ts";
import type { KeptEvent, Resumed } from "./event-log.ts";
import type { EventStream } from "./event-stream.ts";

/** Somebody who follows a tenant's events, or those of one job, which end with the job's end. */
export class Follower {
  readonly filter: EventFilter;
  readonly stream: EventStream;
  /** When the stream ends, in milliseconds since the epoch. */
  readonly until: number;

  constructor(filter: EventFilter, stream: EventStream, until: number) {
    this.filter = filter;
    this.stream = stream;
    this.until = until;
  }

  deliver({ event, frame }: KeptEvent): void {
    if (!this.#wants(event)) return;
    this.stream.send(frame);
    this.#endAfter(event);
  }

  /** What has come while nobody could be told, and that it is not all. */
  resume({ missed, events }: Resumed): void {
    if (missed !== null) {
      this.stream.send(eventFrame({ event: "events.missed", data: JSON.stringify({ reason: missed }) }));
    }
    for (const kept of events) this.deliver(kept);
  }

  /** What the followed job is at present. */
  present(job: Omit<JobEvent, "event">, id?: string): void {
    this.stream.send(eventFrame({ id, event: "job.state", data: JSON.stringify(job) }));
    this.#endAfter(job);
  }

  #endAfter({ state }: Pick<JobEvent, "state">): void {
    if (this.filter.jobId !== undefined && isTerminal(state)) this.stream.end();
  }

  #wants({ event, ...job }: KeptEvent["event"]): boolean {
    const { jobId = job.id, queue = job.queue, type = job.type, events } = this.filter;
    const isNamed = events === undefined || events.some((name) => name === event);
    return isNamed && jobId === job.id && queue === job.queue && type === job.type;
  }
}
