import type { Client } from "../client/client.ts";
import type { JobTypes } from "../protocol/jobs-api.ts";
import { JOB_EVENTS } from "../protocol/live-events.ts";

/** How far a job is, is told to who follows that one job. */
const EVENTS = JOB_EVENTS.filter((event) => event !== "job.progress");
/** Ids that are kept until somebody takes them; then the oldest go. */
const MOST_IDS = 1_000;
/** How often to look by oneself: at first often, as nothing tells when the stream is open; then in case it is not told all. */
const LOOK_MS = [1_000, 2_000, 4_000, 8_000, 15_000] as const;
const LOOK_WITHOUT_EVENTS_MS = 1_000;

/** Which of a tenant's jobs have changed, by its live events; or that it is time to look, where there are none. */
export class LiveChanges {
  readonly #over = new AbortController();
  readonly #ids = new Set<string>();
  #wake = () => {};
  #looks = 0;
  #refused = false;

  /** @param refused is told why there are no events, if they are refused */
  constructor(events: Client<JobTypes>["events"], refused: (error: unknown) => void) {
    void this.#follow(events).catch((error: unknown) => {
      if (this.#over.signal.aborted) return;
      this.#refused = true;
      refused(error);
      this.#wake();
    });
  }

  /** The ids of the jobs that have changed since the last call; some of very many. */
  take(): string[] {
    const ids = [...this.#ids];
    this.#ids.clear();
    return ids;
  }

  /**
   * Resolves once a job has changed that is not taken yet, or it is time to look.
   * @param mostMs at the latest then
   */
  async next(mostMs: number): Promise<void> {
    if (this.#ids.size > 0) return;
    const lookMs = this.#refused ? LOOK_WITHOUT_EVENTS_MS : (LOOK_MS[this.#looks++] ?? LOOK_MS[4]);
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(() => resolve(), Math.min(lookMs, mostMs));
    });
    clearTimeout(timer);
  }

  stop(): void {
    this.#over.abort();
  }

  async #follow(events: Client<JobTypes>["events"]): Promise<void> {
    for await (const event of events({ events: EVENTS, signal: this.#over.signal })) {
      if (event.event === "events.missed") this.#looks = 0;
      else this.#saw(event.id);
      this.#wake();
    }
  }

  #saw(id: string): void {
    this.#ids.add(id);
    const [oldest] = this.#ids;
    if (this.#ids.size > MOST_IDS && oldest !== undefined) this.#ids.delete(oldest);
  }
}
