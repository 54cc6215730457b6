import { v7 } from "uuid";

const CLIENTS = 10;
const PAUSE_MS = 100;
const RETRY_MS = 50;
const REPLY_MS = 3000;
const MOST_JOBS = 600;
/** No restart takes longer: a job that nobody acknowledges in this time is an error of its own. */
const PATIENCE_MS = 30000;
/**
 * Clients that enqueue one job after the other, each with an id of its own, and send it again until it is
 * acknowledged: with no answer, a client cannot know whether there is a job.
 */
export class SteadyLoad {
  acknowledged = new Set();
  #target;
  #clients;
  #listeners = [];
  #sent = 0;
  #stopped = false;
  /** Tries without an answer, or turned away. */
  retries = 0;
  constructor(target) {
    this.#target = target;
    this.#clients = Promise.all(Array.from({ length: CLIENTS }, () => this.#enqueueOneByOne()));
    // Told by the methods below.
    this.#clients.catch(() => {});
  }
  /** Resolves with the next acknowledgement, at the very moment it comes. */
  async nextAcknowledgement() {
    await Promise.race([new Promise((resolve) => this.#listeners.push(resolve)), this.#clients]);
  }
  /** Resolves when everything that was sent is acknowledged. */
  async stop() {
    this.#stopped = true;
    await this.#clients;
  }
  async #enqueueOneByOne() {
    while (!this.#stopped && this.#sent < MOST_JOBS) {
      this.#sent++;
      const id = v7();
      const deadline = Date.now() + PATIENCE_MS;
      for (;;) {
        const answer = await this.#enqueue(id);
        if (answer === "202") break;
        if (Date.now() > deadline) throw new Error(`job ${id} was not acknowledged, the last answer is: ${answer}`);
        this.retries++;
        await pause(RETRY_MS);
      }
      this.acknowledged.add(id);
      for (const listener of this.#listeners.splice(0)) listener();
      await pause(PAUSE_MS * (0.5 + Math.random()));
    }
  }
  async #enqueue(id) {
    const { url, key, receiver } = this.#target;
    const payload = { url: receiver, timeout: "2s", body: { id } };
    try {
      const response = await fetch(`${url}/v1/jobs`, {
        method: "POST",
        headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
        body: JSON.stringify({ id, type: "http.request", payload, maxAttempts: 25 }),
        signal: AbortSignal.timeout(REPLY_MS),
      });
      if (response.status !== 202) return `${response.status} ${await response.text()}`;
      // The status is the acknowledgement, whether or not the rest still comes.
      void response.body?.cancel().catch(() => {});
      return "202";
    } catch (error) {
      return String(error);
    }
  }
}
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
