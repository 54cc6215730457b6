import { v7 } from "uuid";

export interface LoadTarget {
  readonly url: string;
  readonly key: string;
  /** What the jobs call. */
  readonly receiver: string;
}

const CLIENTS = 10;
const PAUSE_MS = 150;
const RETRY_MS = 50;
const REPLY_MS = 3_000;
const MOST_JOBS = 600;

/**
 * Clients that enqueue one job after the other, each with an id of its own, and send it again until it is
 * acknowledged: with no answer, a client cannot know whether there is a job.
 */
export class SteadyLoad {
  readonly acknowledged = new Set<string>();
  readonly #target: LoadTarget;
  readonly #clients: Promise<void>[];
  readonly #listeners: (() => void)[] = [];
  #sent = 0;
  #stopped = false;
  /** Tries without an answer, or turned away. */
  retries = 0;

  constructor(target: LoadTarget) {
    this.#target = target;
    this.#clients = Array.from({ length: CLIENTS }, () => this.#enqueueOneByOne());
  }

  /** Resolves with the next acknowledgement, at the very moment it comes. */
  nextAcknowledgement(): Promise<void> {
    return new Promise((resolve) => this.#listeners.push(resolve));
  }

  /** Resolves when everything that was sent is acknowledged. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }

  async #enqueueOneByOne(): Promise<void> {
    while (!this.#stopped && this.#sent < MOST_JOBS) {
      this.#sent++;
      const id = v7();
      while (!(await this.#enqueue(id))) {
        this.retries++;
        await pause(RETRY_MS);
      }
      this.acknowledged.add(id);
      for (const listener of this.#listeners.splice(0)) listener();
      await pause(PAUSE_MS * (0.5 + Math.random()));
    }
  }

  async #enqueue(id: string): Promise<boolean> {
    const { url, key, receiver } = this.#target;
    const payload = { url: receiver, timeout: "2s", body: { id } };
    try {
      const response = await fetch(`${url}/v1/jobs`, {
        method: "POST",
        headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
        body: JSON.stringify({ id, type: "http.request", payload, maxAttempts: 25 }),
        signal: AbortSignal.timeout(REPLY_MS),
      });
      await response.body?.cancel();
      return response.status === 202;
    } catch {
      return false;
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
