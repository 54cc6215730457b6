import { type ReadonlySignal, type Signal, signal } from "@preact/signals";

/** What was read last, and how the last reading went. */
export interface Reading<Data> {
  readonly data: Data | null;
  /** When it was read, in milliseconds since the epoch. */
  readonly at: number | null;
  /** Why the last reading failed; null: it did not. */
  readonly error: Error | null;
}

const NOTHING: Reading<never> = { data: null, at: null, error: null };
/** While nobody looks. */
const HIDDEN_MS = 60_000;
const LONGEST_BACKOFF_MS = 15_000;

/** Something that is read again and again while a page shows it. */
export class Resource<Data> {
  readonly #read: () => Promise<Data>;
  readonly #everyMs: number;
  readonly #reading: Signal<Reading<Data>> = signal(NOTHING);
  #users = 0;
  #failures = 0;
  #timer: number | undefined;
  /** Only the newest reading counts. */
  #begun = 0;

  constructor(read: () => Promise<Data>, everyMs: number) {
    this.#read = read;
    this.#everyMs = everyMs;
  }

  get reading(): ReadonlySignal<Reading<Data>> {
    return this.#reading;
  }

  /** Reads from now on, until what is returned is called. */
  use(): () => void {
    if (this.#users++ === 0) void this.refresh();
    return () => {
      if (--this.#users === 0) clearTimeout(this.#timer);
    };
  }

  /** Reads now. */
  async refresh(): Promise<void> {
    clearTimeout(this.#timer);
    const mine = ++this.#begun;
    try {
      const data = await this.#read();
      if (mine !== this.#begun) return;
      this.#failures = 0;
      this.#reading.value = { data, at: Date.now(), error: null };
    } catch (thrown) {
      if (mine !== this.#begun) return;
      this.#failures++;
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      this.#reading.value = { ...this.#reading.peek(), error };
    }
    this.#readLater();
  }

  #readLater(): void {
    if (this.#users === 0) return;
    const backoff = Math.min(this.#everyMs * 2 ** this.#failures, Math.max(this.#everyMs, LONGEST_BACKOFF_MS));
    this.#timer = window.setTimeout(() => void this.refresh(), document.hidden ? HIDDEN_MS : backoff);
  }
}
