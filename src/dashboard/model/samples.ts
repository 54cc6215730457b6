import { isTerminal } from "../../domain/job.ts";
import type { JobView } from "../../protocol/job-view.ts";
import type { Series } from "./overview.ts";

const STEP_MS = 5_000;
const STEPS = 60;

/** What was seen of jobs while the page was open, as a plot takes it: five minutes, in steps of five seconds. */
export class Samples {
  readonly #jobs = new Map<string, JobView>();
  readonly #oldest = new Map<number, number>();

  /**
   * @param oldestMs how long the oldest job waits
   * @param now milliseconds since the epoch
   */
  add(jobs: readonly JobView[], oldestMs: number, now: number): void {
    for (const job of jobs) this.#jobs.set(job.id, job);
    const step = Math.floor(now / STEP_MS);
    this.#oldest.set(step, Math.max(oldestMs, this.#oldest.get(step) ?? 0));
    const first = step - STEPS;
    for (const [id, job] of this.#jobs) {
      if (Math.floor(Date.parse(job.finishedAt ?? job.createdAt) / STEP_MS) < first) this.#jobs.delete(id);
    }
    for (const old of this.#oldest.keys()) if (old < first) this.#oldest.delete(old);
  }

  series(now: number): Series {
    const last = Math.floor(now / STEP_MS);
    const steps = Array.from({ length: STEPS }, (_, index) => last - STEPS + 1 + index);
    const counts = () => new Array<number>(STEPS).fill(0);
    const enqueued = counts();
    const ended = { succeeded: counts(), failed: counts(), cancelled: counts() };
    const count = (counted: number[], time: string) => {
      const index = Math.floor(Date.parse(time) / STEP_MS) - (last - STEPS + 1);
      if (index >= 0 && index < STEPS) counted[index] = (counted[index] ?? 0) + 1;
    };
    for (const { createdAt, finishedAt, state } of this.#jobs.values()) {
      count(enqueued, createdAt);
      if (finishedAt !== null && isTerminal(state)) count(ended[state], finishedAt);
    }
    return {
      times: steps.map((step) => (step * STEP_MS) / 1_000),
      stepSeconds: STEP_MS / 1_000,
      oldest: steps.map((step) => (this.#oldest.has(step) ? (this.#oldest.get(step) ?? 0) / 1_000 : null)),
      enqueued,
      ...ended,
      refused: null,
    };
  }
}
