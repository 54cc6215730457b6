import { withDeadline } from "../deadline.ts";
import type { Progress } from "../domain/progress.ts";
import { log } from "../log.ts";
import type { GateRpc, SettledJob } from "../protocol/gate.ts";
import type { AttemptReport } from "../protocol/live-events.ts";
import type { ClaimedJob } from "../storage/claim-jobs.ts";

/** Between two sends for one tenant, at least. */
const BETWEEN_MS = 500;
/** A report is not waited for any longer: the invocation is to end. */
const SEND_MS = 5_000;

interface Attempt {
  readonly job: ClaimedJob;
  progress: Progress | null;
  at: number;
  unsent: boolean;
}

/**
 * Tells the gates of tenants whose events somebody follows that a batch's jobs have started, and how far they have come:
 * one call for all of a tenant's jobs, twice a second at most. Where nobody follows, nothing is sent, and a handler's
 * word only replaces the one before.
 */
export class LiveReports {
  readonly #gateOf: (tenantId: string) => Pick<GateRpc, "report">;
  readonly #attempts = new Map<string, Attempt>();
  readonly #watched: Set<string>;
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #sentAt = new Map<string, number>();
  readonly #sending = new Set<Promise<void>>();

  /**
   * @param jobs what this batch has claimed
   * @param watched the tenants whose events somebody follows, as far as that is known
   */
  constructor(
    gateOf: (tenantId: string) => Pick<GateRpc, "report">,
    jobs: readonly ClaimedJob[],
    watched: ReadonlySet<string>,
  ) {
    this.#gateOf = gateOf;
    this.#watched = new Set(watched);
    for (const job of jobs) this.#attempts.set(key(job), { job, progress: null, at: job.startedAt, unsent: true });
    // All starts at once, before any of the jobs can have ended.
    for (const tenantId of this.#watched) this.#send(tenantId);
  }

  /** The newest word of an attempt replaces those before. */
  progress(job: ClaimedJob, progress: Progress): void {
    const attempt = this.#attempts.get(key(job));
    if (attempt === undefined) return;
    Object.assign(attempt, { progress, at: Date.now(), unsent: true });
    if (this.#watched.has(job.tenantId)) this.#sendSoon(job.tenantId);
  }

  /** Somebody follows the tenant's events until then, or nobody does. */
  heard(tenantId: string, watchedUntil: number | null): void {
    const isWatched = watchedUntil !== null && watchedUntil > Date.now();
    if (!isWatched) this.#watched.delete(tenantId);
    else if (!this.#watched.has(tenantId)) {
      this.#watched.add(tenantId);
      this.#sendSoon(tenantId);
    }
  }

  /** What is told of an attempt with its end: nothing is told of it after that. */
  ended(job: ClaimedJob): Omit<SettledJob, "error"> {
    const progress = this.#attempts.get(key(job))?.progress ?? null;
    this.#attempts.delete(key(job));
    return { type: job.type, queue: job.queue, progress };
  }

  /** Resolves when all that was sent has arrived, or is given up. */
  async drained(): Promise<void> {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    await Promise.all(this.#sending);
  }

  #sendSoon(tenantId: string): void {
    if (this.#timers.has(tenantId)) return;
    const waitMs = Math.max(0, (this.#sentAt.get(tenantId) ?? 0) + BETWEEN_MS - Date.now());
    this.#timers.set(
      tenantId,
      setTimeout(() => this.#send(tenantId), waitMs),
    );
  }

  #send(tenantId: string): void {
    clearTimeout(this.#timers.get(tenantId));
    this.#timers.delete(tenantId);
    const unsent = [...this.#attempts.values()].filter(({ job, unsent }) => unsent && job.tenantId === tenantId);
    if (unsent.length === 0) return;
    for (const attempt of unsent) attempt.unsent = false;
    this.#sentAt.set(tenantId, Date.now());
    const sent: Promise<void> = this.#report(tenantId, unsent.map(toReport)).finally(() => this.#sending.delete(sent));
    this.#sending.add(sent);
  }

  // Whatever becomes of it, the jobs go on.
  async #report(tenantId: string, reports: readonly AttemptReport[]): Promise<void> {
    try {
      const late = () => new Error(`no answer within ${SEND_MS} ms`);
      await withDeadline<void>(this.#gateOf(tenantId).report(reports), SEND_MS, late);
    } catch (error) {
      log.warn("live events were lost", { tenantId, jobs: reports.length, error });
    }
  }
}

function key({ tenantId, id }: ClaimedJob): string {
  return `${tenantId}/${id}`;
}

function toReport({ job: { id, type, queue, attempt }, progress, at }: Attempt): AttemptReport {
  return { id, type, queue, attempt, at, progress };
}
