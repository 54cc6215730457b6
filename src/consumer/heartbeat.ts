import { log } from "../log.ts";
import { type ClaimedJob, findRunning } from "../storage/claim-jobs.ts";
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

interface Watched {
  readonly job: Pick<ClaimedJob, "tenantId" | "id" | "attempt">;
  readonly stop: AbortController;
}

/**
 * Looks every two seconds whether the jobs that run here are to go on, and stops those that are not. Jobs that are
 * shorter cost nothing.
 */
export class Heartbeat {
  readonly #db: D1Database;
  readonly #reports: LiveReports;
  readonly #watched = new Set<Watched>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #beating = false;

  /** @param reports is told who follows the jobs */
  constructor(db: D1Database, reports: LiveReports) {
    this.#db = db;
    this.#reports = reports;
  }

  /** Runs something for a job, with a signal that aborts when the job is to stop. */
  async during<T>(job: Watched["job"], run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const watched = { job, stop: new AbortController() };
    this.#watched.add(watched);
    this.#schedule();
    try {
      return await run(watched.stop.signal);
    } finally {
      this.#watched.delete(watched);
      if (this.#watched.size === 0 && this.#timer !== null) {
        clearTimeout(this.#timer);
        this.#timer = null;
      }
    }
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
        looked.map(({ job }) => job),
      );
      for (const { job, stop } of looked) {
        const attempt = running.get(`${job.tenantId}/${job.id}`);
        if (attempt === undefined || attempt.cancelled === 1) stop.abort(new Stopped(attempt !== undefined));
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
