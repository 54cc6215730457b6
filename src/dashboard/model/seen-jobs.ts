import type { JobView } from "../../protocol/job-view.ts";
import type { Series } from "./overview.ts";

const STEP_MS = 5_000;
const STEPS = 60;

/** Jobs that were seen while the page was open, counted in five minutes of steps of five seconds. */
export class SeenJobs {
  readonly #jobs = new Map<string, JobView>();

  /** @param now milliseconds since the epoch */
  add(jobs: readonly JobView[], now: number): void {
    for (const job of jobs) this.#jobs.set(job.id, job);
    const first = now - STEPS * STEP_MS;
    for (const [id, job] of this.#jobs) {
      if (Date.parse(job.finishedAt ?? job.createdAt) < first) this.#jobs.delete(id);
    }
  }

  /** What came and went, as a plot takes it. */
  series(now: number): Omit<Series, "oldest"> {
    const first = Math.floor(now / STEP_MS) - STEPS + 1;
    const steps = Array.from({ length: STEPS }, (_, index) => first + index);
    const counts = { enqueued: steps.map(() => 0), ended: steps.map(() => 0), failed: steps.map(() => 0) };
    const count = (counted: number[], time: string) => {
      const index = Math.floor(Date.parse(time) / STEP_MS) - first;
      if (index >= 0 && index < STEPS) counted[index] = (counted[index] ?? 0) + 1;
    };
    for (const { createdAt, finishedAt, state } of this.#jobs.values()) {
      count(counts.enqueued, createdAt);
      if (finishedAt !== null) count(counts.ended, finishedAt);
      if (finishedAt !== null && state === "failed") count(counts.failed, finishedAt);
    }
    const times = steps.map((step) => (step * STEP_MS) / 1_000);
    return { times, stepSeconds: STEP_MS / 1_000, waitP95: null, refused: null, ...counts };
  }
}
