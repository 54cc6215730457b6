import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { SluiceError } from "../../client/client.ts";
import { pause } from "../../client/retrying-fetch.ts";
import type { JobEvent, MissedEvents } from "../../protocol/live-event-view.ts";

export type Told = JobEvent | MissedEvents;

/** `ended`: there is nothing more to be told. */
export type FollowState = "closed" | "opening" | "live" | "lost" | "ended";

/** Begins to read a stream: says when it is open and when it is not, and ends when the signal aborts. */
export type BeginStream = (
  signal: AbortSignal,
  is: { readonly open: () => void; readonly lost: () => void },
) => AsyncIterable<Told>;

/** A page that is left is often followed by one that wants the same. */
const LINGER_MS = 1_000;
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 60_000;

/** A stream of events, open while somebody listens and the page can be seen; opened again when it is lost. */
export class Follow {
  readonly #begin: BeginStream;
  readonly #refused: (error: SluiceError) => void;
  readonly #state: Signal<FollowState> = signal("closed");
  readonly #listeners = new Set<(told: Told) => void>();
  #over: AbortController | null = null;
  #lingering: number | undefined;

  /** @param refused is told why, whenever the stream was not given */
  constructor(begin: BeginStream, refused: (error: SluiceError) => void) {
    this.#begin = begin;
    this.#refused = refused;
  }

  get state(): ReadonlySignal<FollowState> {
    return this.#state;
  }

  /** Nobody listens, and nothing is open. */
  get isIdle(): boolean {
    return this.#listeners.size === 0 && this.#over === null;
  }

  /** Tells of events from now on, until what is returned is called. */
  listen(listener: (told: Told) => void): () => void {
    this.#listeners.add(listener);
    clearTimeout(this.#lingering);
    this.seen(!document.hidden);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#lingering = window.setTimeout(() => this.close(), LINGER_MS);
    };
  }

  /** Whether the page can be seen: nobody is told otherwise. */
  seen(isSeen: boolean): void {
    if (!isSeen) this.close();
    else if (this.#over === null && this.#listeners.size > 0) void this.#run();
  }

  close(): void {
    this.#over?.abort();
    this.#over = null;
    if (this.#state.peek() !== "ended") this.#state.value = "closed";
  }

  async #run(): Promise<void> {
    const over = new AbortController();
    const { signal } = over;
    this.#over = over;
    const become = (state: FollowState) => {
      if (!signal.aborted) this.#state.value = state;
    };
    become("opening");
    for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
      const opened = () => {
        pauseMs = FIRST_PAUSE_MS;
        become("live");
      };
      try {
        for await (const told of this.#begin(signal, { open: opened, lost: () => become("lost") })) {
          for (const listener of this.#listeners) listener(told);
        }
        return become("ended");
      } catch (error) {
        become("lost");
        if (error instanceof SluiceError && !signal.aborted) this.#refused(error);
      }
      // Rejects when it is over, and so is the loop.
      await pause(pauseMs, signal).catch(() => undefined);
    }
  }
}
