import { log } from "../log.ts";
import { type ClaimedJob, findRunning } from "../storage/claim-jobs.ts";
import { Deadlines } from "./deadlines.ts";
import type { EarlyEnd } from "./early-end.ts";
import type { LiveReports } from "./live-reports.ts";

const BEAT_MS = 2_000;

/** Why a job's signal aborts before its time is up. */
export class Stopped extends Error {
  override readonly name = "Stopped";
  /** Somebody has cancelled the job; otherwise its attempt is no longer the one that counts. */
  readonly cancelled: boolean;

  constructor(cancelled: boolean) {
    super(cancelled ? "the job was cancelled" : "the attempt has lost its lease");
    this.cancelled = cancelled;
  }
}

type Attempt = Pick<ClaimedJob, "tenantId" | "id" | "attempt">;

/** Attempts that run together. */
interface Watched {
  readonly jobs: readonly Attempt[];
  readonly end: EarlyEnd;
}

/**
 * Looks every two seconds whether the jobs that run here are to go on, and stops those that are not. Jobs that are
 * shorter cost nothing.
 */
export class Heartbeat {
  readonly #db: D1Database;
  readonly #reports: LiveReports;
  readonly #deadlines = new Deadlines();
  readonly #watched = new Set<Watched>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #beating = false;

  /** @param reports is told who follows the jobs */
  constructor(db: D1Database, reports: LiveReports) {
    this.#db = db;
    this.#reports = reports;
  }

  /** Runs something for jobs, with the end that comes when its time is up, or none of them is to go on. */
  during<T>(jobs: readonly Attempt[], timeoutMs: number, run: (end: EarlyEnd) => Promise<T>): Promise<T> {
    return this.#deadlines.during(timeoutMs, (end) => this.#watch({ jobs, end }, run));
  }

  async #watch<T>(watched: Watched, run: (end: EarlyEnd) => Promise<T>): Promise<T> {
    this.#watched.add(watched);
    this.#schedule();
    try {
      return await run(watched.end);
    } finally {
      this.#watched.delete(watched);
      if (this.#watched.size === 0 && this.#timer !== null) {
        clearTimeout(this.#timer);
        this.#timer = null;
      }
    }
  }

  /** An attempt has turned out to be no longer the one that counts. */
  lost({ tenantId, id, attempt }: Attempt): void {
    const isLost = (job: Attempt) => job.id === id && job.tenantId === tenantId && job.attempt === attempt;
    for (const { jobs, end } of this.#watched) if (jobs.every(isLost)) end.end(new Stopped(false));
  }

  #schedule(): void {
    if (this.#timer !== null || this.#beating || this.#watched.size === 0) return;
    this.#timer = setTimeout(() => void this.#beat(), BEAT_MS);
  }

  async #beat(): Promise<void> {
    this.#timer = null;
    this.#beating = true;
    const looked = [...this.#watched];
    try {
      const running = await findRunning(
        this.#db,
        looked.flatMap(({ jobs }) => jobs),
      );
      for (const { jobs, end } of looked) {
        const attempts = jobs.flatMap(({ tenantId, id }) => running.get(`${tenantId}/${id}`) ?? []);
        if (attempts.every(({ cancelled }) => cancelled === 1)) end.end(new Stopped(attempts.length > 0));
      }
      for (const { tenantId, watchedUntil } of running.values()) this.#reports.heard(tenantId, watchedUntil);
    } catch (error) {
      log.warn("a heartbeat was missed", { jobs: looked.length, error });
    } finally {
      this.#beating = false;
      this.#schedule();
    }
  }
}
