import { pause } from "../pause.ts";
import type { EventFilter } from "../protocol/live-events.ts";
import { eventFrame } from "../protocol/server-sent-events.ts";
import type { KeptEvent } from "./event-log.ts";
import { EventStream } from "./event-stream.ts";
import { Follower } from "./follower.ts";

const BEAT_MS = 15_000;
const NOTICE_MS = 250;
/** A reader that takes nothing of what waits for it is gone after this time. */
const STUCK_MS = 60_000;
/** The longest that a stream lasts: its reader then comes back, with a key that is looked at again. */
export const LONGEST_STREAM_MS = 30 * 60_000;

export interface FollowerLimits {
  /** Followers at a time. */
  readonly most: number;
  /** Frames that wait for one. */
  readonly waiting: number;
}

export interface FollowerNews {
  /** The id of the newest event. */
  readonly position: () => string;
  /** Is called now and then while anybody follows. */
  readonly beat: (followers: readonly Follower[]) => void;
  /** The last one has left. */
  readonly allLeft: () => void;
}

/** All who follow a tenant's events at present. While there are any, each gets a sign of life every 15 s. */
export class Followers {
  readonly #limits: FollowerLimits;
  readonly #news: FollowerNews;
  readonly #all = new Set<Follower>();
  #timer: ReturnType<typeof setInterval> | null = null;
  #beatAt = 0;

  constructor(limits: FollowerLimits, news: FollowerNews) {
    this.#limits = limits;
    this.#news = news;
  }

  get count(): number {
    return this.#all.size;
  }

  add(filter: EventFilter): Follower {
    const stream = new EventStream(this.#limits.waiting, () => this.#left(follower));
    const follower = new Follower(filter, stream, Date.now() + LONGEST_STREAM_MS);
    this.#all.add(follower);
    this.#timer ??= setInterval(() => {
      this.#sendBeats();
      this.#news.beat([...this.#all]);
    }, BEAT_MS);
    return follower;
  }

  deliver(kept: KeptEvent): void {
    for (const follower of this.#all) follower.deliver(kept);
  }

  /** Whether so many are too many, once those have been noticed who have left: that shows only when they are sent something. */
  async areTooMany(opening: () => number): Promise<boolean> {
    const { most } = this.#limits;
    if (this.count + opening() < most) return false;
    if (Date.now() - this.#beatAt >= NOTICE_MS) this.#sendBeats();
    await pause(NOTICE_MS);
    return this.count + opening() >= most;
  }

  #left(follower: Follower): void {
    this.#all.delete(follower);
    if (this.#all.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
    this.#news.allLeft();
  }

  #sendBeats(): void {
    const now = Date.now();
    this.#beatAt = now;
    // With the newest id: who sees few events need not come back with one that is kept no longer.
    const beat = eventFrame({ comment: "", id: this.#news.position() });
    for (const { stream, until } of this.#all) {
      const { stuckSince } = stream;
      if (stuckSince !== null && now - stuckSince >= STUCK_MS) stream.abort();
      else if (now >= until) stream.end("time");
      else if (stuckSince === null) stream.send(beat);
    }
  }
}
