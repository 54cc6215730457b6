import { setTimeout as pause } from "node:timers/promises";
import { type Contender, enqueueRequest, type RunningContender, STAMP } from "./contender.ts";
import type { FinishReport } from "./finish-log.ts";
import type { LoadGenerator, LoadOrder, LoadReport } from "./load.ts";

const LOOK_MS = 20;
const DRAIN_MS = 60_000;

type Ordered<T> = T extends unknown ? Omit<T, "url"> : never;

/** A contender that was started, what was sent to it, and what it has finished. */
export class Trial {
  readonly contender: Contender;
  readonly running: RunningContender;
  readonly #load: LoadGenerator;
  /** Jobs that were acknowledged since it was started. */
  #acknowledged = 0;

  constructor(contender: Contender, running: RunningContender, load: LoadGenerator) {
    this.contender = contender;
    this.running = running;
    this.#load = load;
  }

  /** A request for so many jobs, as this contender takes it. */
  enqueueRequest(jobs: number, options: { readonly bytes?: number; readonly queue?: string } = {}) {
    const { contender, running } = this;
    return enqueueRequest(jobs, {
      ...options,
      ...(running.key !== undefined && { key: running.key }),
      isFloor: contender.isFloor ?? false,
    });
  }

  /** @param jobsPerRequest 0 when the requests enqueue nothing that is waited for */
  async send(order: Ordered<LoadOrder>, jobsPerRequest: number): Promise<LoadReport> {
    const report = await this.#load.send({ ...order, url: this.running.url });
    if (this.contender.isFloor !== true) this.#acknowledged += report.acknowledged * jobsPerRequest;
    return report;
  }

  /** Enqueues so many jobs in one request, and tells their ids. */
  async enqueue(jobs: number): Promise<string[]> {
    const { method, path, headers, body } = this.enqueueRequest(jobs);
    const sent = await fetch(this.running.url + path, {
      method,
      headers,
      ...(body !== undefined && { body: body.replaceAll(STAMP, "null") }),
    });
    if (!sent.ok) throw new Error(`${this.contender.name}: ${sent.status} ${await sent.text()}`);
    const { data } = (await sent.json()) as { data: readonly { id: string }[] };
    this.#acknowledged += data.length;
    return data.map(({ id }) => id);
  }

  /**
   * Waits until every acknowledged job has finished.
   * @throws Error when that takes longer than a minute
   */
  async drained(): Promise<FinishReport> {
    const deadline = Date.now() + DRAIN_MS;
    for (;;) {
      const { finished } = await this.#finished(`?expected=${this.#acknowledged}`);
      if (finished >= this.#acknowledged) break;
      if (Date.now() > deadline) {
        throw new Error(`${this.contender.name}: ${finished} of ${this.#acknowledged} jobs finished within a minute`);
      }
      await pause(LOOK_MS);
    }
    const report = await this.#finished("?take");
    // A job that ran twice, or one whose acknowledgement was lost: the next round counts from here.
    this.#acknowledged = Math.max(this.#acknowledged, report.finished);
    return report;
  }

  async #finished(query: string): Promise<FinishReport> {
    const response = await fetch(this.running.finishedUrl + query);
    return (await response.json()) as FinishReport;
  }
}
