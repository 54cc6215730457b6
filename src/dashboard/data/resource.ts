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
/** However much happens, two readings begin so far apart. */
const APART_MS = 1_000;
/** A replica of the database may be so far behind what was told. */
const LAG_MS = 2_000;

/** Something that is read again and again while a page shows it, and as soon as it is known to have changed. */
export class Resource<Data> {
  readonly #read: () => Promise<Data>;
  readonly #everyMs: () => number;
  readonly #reading: Signal<Reading<Data>> = signal(NOTHING);
  #users = 0;
  #failures = 0;
  #timer: number | undefined;
  /** Only the newest reading counts. */
  #begun = 0;
  #begunAt = 0;
  #isReading = false;
  #changedAt = 0;

  /** @param everyMs asked after each reading */
  constructor(read: () => Promise<Data>, everyMs: () => number) {
    this.#read = read;
    this.#everyMs = everyMs;
  }

  get reading(): ReadonlySignal<Reading<Data>> {
    return this.#reading;
  }

  /** How old it may be, in milliseconds, before something is wrong. */
  get everyMs(): number {
    return this.#everyMs();
  }

  /** Reads from now on, until what is returned is called. */
  use(): () => void {
    if (this.#users++ === 0) void this.refresh();
    return () => {
      if (--this.#users === 0) clearTimeout(this.#timer);
    };
  }

  /** It is not what it was: reads it at once, or as soon as it may. */
  changed(): void {
    this.#changedAt = Date.now();
    if (!this.#isReading) this.#readLater();
  }

  /** Reads now. */
  async refresh(): Promise<void> {
    clearTimeout(this.#timer);
    const mine = ++this.#begun;
    this.#begunAt = Date.now();
    this.#isReading = true;
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
    this.#isReading = false;
    this.#readLater();
  }

  #readLater(): void {
    clearTimeout(this.#timer);
    if (this.#users === 0) return;
    this.#timer = window.setTimeout(
      () => void this.refresh(),
      Math.max(0, this.#begunAt + this.#pauseMs() - Date.now()),
    );
  }

  /** From the last reading's beginning to the next one's. */
  #pauseMs(): number {
    if (document.hidden) return HIDDEN_MS;
    const everyMs = this.#everyMs();
    if (this.#failures > 0) return Math.min(everyMs * 2 ** this.#failures, Math.max(everyMs, LONGEST_BACKOFF_MS));
    if (this.#changedAt > this.#begunAt) return APART_MS;
    if (this.#changedAt > this.#begunAt - LAG_MS) return Math.min(everyMs, LAG_MS);
    return everyMs;
  }
}
