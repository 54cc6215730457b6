/** Callers that wait for a job to finish, capped. They live in memory only: one that is lost is answered by its timeout. */
export class Waiters {
  readonly #most: number;
  readonly #byJob = new Map<string, Set<() => void>>();
  #count = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** A wait for a job, or null when too many wait already. */
  add(jobId: string, timeoutMs: number): { readonly done: Promise<void>; readonly end: () => void } | null {
    if (this.#count >= this.#most) return null;
    this.#count++;
    const jobs = this.#byJob.get(jobId) ?? new Set();
    this.#byJob.set(jobId, jobs);
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = () => {
      clearTimeout(timer);
      if (!jobs.delete(end)) return;
      this.#count--;
      if (jobs.size === 0 && this.#byJob.get(jobId) === jobs) this.#byJob.delete(jobId);
      resolve();
    };
    const timer = setTimeout(end, timeoutMs);
    jobs.add(end);
    return { done: promise, end };
  }

  /** The job has finished. */
  wake(jobId: string): void {
    for (const end of this.#byJob.get(jobId) ?? []) end();
  }
}
