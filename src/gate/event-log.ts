import type { JobEvent, MissedEvents } from "../protocol/live-event-view.ts";
import { eventFrame } from "../protocol/server-sent-events.ts";

/** What has happened. `at`: milliseconds since the epoch. */
export type LoggedEvent = Omit<JobEvent, "at"> & { readonly at: number };

/** An event as it is kept: made a frame when somebody is to get it, and once, however many streams carry it. */
export class KeptEvent {
  readonly event: LoggedEvent;
  readonly #id: string;
  #frame: string | null = null;

  constructor(event: LoggedEvent, id: string) {
    this.event = event;
    this.#id = id;
  }

  get frame(): string {
    this.#frame ??= this.#toFrame();
    return this.#frame;
  }

  #toFrame(): string {
    const { event, at, ...job } = this.event;
    const data = JSON.stringify({ ...job, at: new Date(at).toISOString() });
    return eventFrame({ id: this.#id, event, data });
  }
}

/** What has come after a place in the log, oldest first, and why that is not all. */
export interface Resumed {
  readonly missed: MissedEvents["reason"] | null;
  readonly events: readonly KeptEvent[];
}

/**
 * The newest events of a tenant, in memory. Their ids name this very memory and a place in it, so that a reader of before
 * a restart is told that it has missed something, instead of being given what came since as if it were all.
 */
export class EventLog {
  readonly #origin: string;
  readonly #most: number;
  readonly #kept: KeptEvent[] = [];
  readonly #newest = new Map<string, KeptEvent>();
  #count = 0;

  /** @param origin letters and digits that no other log of the tenant has */
  constructor(origin: string, most: number) {
    this.#origin = origin;
    this.#most = most;
  }

  /** The id of the newest event: who resumes from it has missed nothing. */
  get position(): string {
    return `${this.#origin}-${this.#count}`;
  }

  append(event: LoggedEvent): KeptEvent {
    const place = this.#count % this.#most;
    const oldest = this.#kept[place];
    if (oldest !== undefined && this.#newest.get(oldest.event.id) === oldest) this.#newest.delete(oldest.event.id);
    this.#count++;
    const kept = new KeptEvent(event, this.position);
    this.#kept[place] = kept;
    this.#newest.set(event.id, kept);
    return kept;
  }

  /** The newest event of a job that is still kept. */
  newestOf(jobId: string): LoggedEvent | undefined {
    return this.#newest.get(jobId)?.event;
  }

  /** What has come after the event with this id, as far as it is kept. */
  since(id: string): Resumed {
    const [, origin, place] = /^([0-9a-z]+)-([0-9]{1,15})$/.exec(id) ?? [];
    const seen = Number(place);
    const isKnown = origin === this.#origin && seen <= this.#count;
    const oldest = Math.max(0, this.#count - this.#most);
    const events = this.#after(isKnown ? Math.max(seen, oldest) : oldest);
    return { events, missed: isKnown ? (seen < oldest ? "overrun" : null) : "restarted" };
  }

  #after(from: number): KeptEvent[] {
    return Array.from({ length: this.#count - from }, (_, n) => this.#kept[(from + n) % this.#most] ?? []).flat();
  }
}
