import { isJobId } from "../domain/id.ts";
import { isTerminal } from "../domain/job.ts";
import { log } from "../log.ts";
import type { Change } from "../protocol/gate.ts";
import type { ReplayRequest } from "../protocol/job-request.ts";
import type { JobList, JobView, ReadTokenView } from "../protocol/job-view.ts";
import type { JobListFilter } from "../protocol/jobs-api.ts";
import { decodeCursor, encodeCursor } from "../protocol/list-cursor.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import { LONGEST_WAIT_SECONDS } from "../protocol/wait-for-job.ts";
import { guardD1 } from "../storage/guarded-d1.ts";
import { listJobs, listMembers, readJob, readJobs } from "../storage/read-jobs.ts";
import type { JobRow } from "../storage/schema/jobs.ts";
import { type AllowedTypes, assertType, assertTypesOf } from "./allowed-types.ts";
import type { Deployment } from "./deployment.ts";
import { admitJobs, type Enqueued, enqueueJobs, type RequestAt } from "./enqueue-jobs.ts";
import { callGate } from "./gate-client.ts";
import { readTokenOf } from "./read-tokens.ts";
import { type Include, readView } from "./read-view.ts";
import { jobNotFound } from "./rejection.ts";
import { draftReplay } from "./replay-jobs.ts";

/** The longest that a caller may wait for a job in one call. */
export const LONGEST_WAIT_MS = LONGEST_WAIT_SECONDS * 1_000;
/** All of a job but what its steps gave. */
export const WHOLE: ReadonlySet<Include> = new Set(["payload", "result", "logs", "steps"]);
const WITH_STEP_RESULTS: ReadonlySet<Include> = new Set([...WHOLE, "stepResults"]);
const RESULT: ReadonlySet<Include> = new Set(["result"]);
const NOTHING: ReadonlySet<Include> = new Set();

/** One page of a list. */
export interface ListRequest extends JobListFilter {
  readonly cursor?: string | undefined;
  readonly limit: number;
  readonly include: ReadonlySet<Include>;
}

/**
 * What can be done with one tenant's jobs: the HTTP API, and code of the same Worker, both stand on it. Every method throws `SluiceError`.
 */
export class TenantJobs {
  readonly #deployment: Deployment;
  readonly #tenantId: string;
  readonly #types: AllowedTypes;
  readonly #reader: D1DatabaseSession;

  /**
   * @param types those of jobs that the caller may see and change
   * @param bookmark what the caller has seen of the database: reads are at least as new
   */
  constructor(deployment: Deployment, tenantId: string, types: AllowedTypes = null, bookmark?: string) {
    this.#deployment = deployment;
    this.#tenantId = tenantId;
    this.#types = types;
    this.#reader = deployment.env.DB.withSession(bookmark ?? "first-unconstrained");
  }

  /** What has been seen of the database by now. */
  get bookmark(): string | null {
    return this.#reader.getBookmark();
  }

  /**
   * Durable when it resolves. A job whose id or key was known already is answered as it is by now.
   * @param group that all of them are to be members of
   */
  async enqueue(requests: readonly RequestAt[], traceParent: string | null = null, group?: unknown): Promise<Enqueued> {
    const last = (group as { readonly onComplete?: unknown } | null | undefined)?.onComplete;
    assertTypesOf(this.#types, [...requests, { value: last, path: ["group", "onComplete"] }]);
    return this.#present(await enqueueJobs(this.#deployment, this.#tenantId, requests, traceParent, group));
  }

  /**
   * A new job that repeats a finished one, durable when it resolves. One whose id or key was known already is answered
   * as it is by now.
   */
  async replay(id: string, names: ReplayRequest): Promise<Enqueued> {
    if (!isJobId(id)) throw jobNotFound(id);
    // From the primary: a replica may not know yet that the job has finished.
    const row = await this.#read(id, "first-primary");
    if (row === null) throw jobNotFound(id);
    assertType(this.#types, row.type);
    if (!isTerminal(row.state)) throw new SluiceError("job_not_finished", `Job ${id} is ${row.state}`);
    const replay = await draftReplay(this.#deployment, row, names);
    return this.#present(await admitJobs(this.#deployment, this.#tenantId, [replay], [[]]));
  }

  async #present(enqueued: Enqueued): Promise<Enqueued> {
    const replayed = enqueued.jobs.flatMap((job) => (job.replayed ? [job.view.id] : []));
    if (replayed.length === 0) return enqueued;
    const session = this.#deployment.env.DB.withSession("first-primary");
    const rows = await this.#inStorage((db) => readJobs(db, this.#tenantId, replayed), session);
    const views = await Promise.all(rows.map((row) => readView(row, NOTHING, this.#deployment.env.BLOBS)));
    const present = new Map(views.map((view) => [view.id, view]));
    const jobs = enqueued.jobs.map((job) => ({ ...job, view: present.get(job.view.id) ?? job.view }));
    return { ...enqueued, jobs };
  }

  async get(id: string, withStepResults = false): Promise<JobView> {
    return this.#whole(await this.#row(id), withStepResults);
  }

  /** The job once it has finished, or as it is after `timeoutMs`. */
  async wait(id: string, timeoutMs: number, withStepResults = false): Promise<JobView> {
    const known = await this.#row(id);
    const row = isTerminal(known.state) ? known : ((await this.#waited(id, timeoutMs)) ?? known);
    return this.#whole(row, withStepResults);
  }

  #whole(row: JobRow, withStepResults: boolean): Promise<JobView> {
    return readView(row, withStepResults ? WITH_STEP_RESULTS : WHOLE, this.#deployment.env.BLOBS);
  }

  /** As {@link wait}; when the job cannot be read it is answered as it was stored, so that nobody stores it again. */
  async waitAfterEnqueue(stored: JobView, timeoutMs: number): Promise<JobView> {
    try {
      const row = await this.#waited(stored.id, timeoutMs);
      return row === null ? stored : await readView(row, RESULT, this.#deployment.env.BLOBS);
    } catch (error) {
      log.warn("a stored job could not be waited for", { tenantId: this.#tenantId, jobId: stored.id, error });
      return stored;
    }
  }

  async list({ cursor, limit, include, ...filter }: ListRequest): Promise<JobList> {
    if (filter.type !== undefined) assertType(this.#types, filter.type);
    const states = filter.state === undefined ? undefined : [...new Set([filter.state].flat())].toSorted();
    const types = filter.type === undefined ? (this.#types ?? undefined) : [filter.type];
    const bound = JSON.stringify([
      states ?? null,
      filter.type ?? null,
      filter.queue ?? null,
      ...(filter.group ? [filter.group] : []),
    ]);
    const before = cursor === undefined ? null : decodeCursor(cursor, bound);
    if (cursor !== undefined && before === null) {
      throw new SluiceError("invalid_cursor", "The cursor is not one that a list with these filters gave");
    }
    const { group, queue } = filter;
    const wanted = { states, types, queue };
    const page = await this.#inStorage((db) =>
      group === undefined
        ? listJobs(db, this.#tenantId, wanted, before, limit)
        : listMembers(db, this.#tenantId, group, wanted, before, limit),
    );
    const data = await Promise.all(page.jobs.map((row) => readView(row, include, this.#deployment.env.BLOBS)));
    return { data, nextCursor: page.nextAfter === null ? null : encodeCursor(page.nextAfter, bound) };
  }

  /**
   * A token that reads this one job.
   * @throws SluiceError `not_configured` when the deployment has no secret keys
   */
  async readToken(id: string): Promise<ReadTokenView> {
    await this.#row(id);
    return readTokenOf(this.#deployment.config, this.#tenantId, id);
  }

  /** Cancels a job; one that runs is asked to end, and ends within seconds. */
  cancel(id: string): Promise<JobView> {
    return this.#change("cancel", id);
  }

  /** Runs a job now that waits for a later time. */
  runNow(id: string): Promise<JobView> {
    return this.#change("run", id);
  }

  async #change(change: Change, id: string): Promise<JobView> {
    await this.#row(id);
    const reply = await callGate(this.#deployment.env, this.#tenantId, (gate) => gate.change(change, id));
    if (reply === "storage_unavailable" || reply === "unknown_tenant") {
      throw new SluiceError("storage_unavailable", "The database did not confirm", { retryAfterMs: 1_000 });
    }
    const row = await this.#read(id, "first-primary");
    if (row === null) throw jobNotFound(id);
    if (reply !== "not_changed") return readView(row, WHOLE, this.#deployment.env.BLOBS);
    if (isTerminal(row.state)) throw new SluiceError("job_finished", `Job ${id} is ${row.state}`);
    throw new SluiceError("job_not_waiting", `Job ${id} is ${row.state}: it waits for no later time`);
  }

  // A replica may not have it yet: a miss asks the primary.
  async #row(id: string): Promise<JobRow> {
    if (!isJobId(id)) throw jobNotFound(id);
    const row = (await this.#read(id)) ?? (await this.#read(id, "first-primary"));
    if (row === null) throw jobNotFound(id);
    assertType(this.#types, row.type);
    return row;
  }

  #read(id: string, from?: "first-primary"): Promise<JobRow | null> {
    const session = from === undefined ? this.#reader : this.#deployment.env.DB.withSession(from);
    return this.#inStorage((db) => readJob(db, this.#tenantId, id), session);
  }

  async #inStorage<T>(read: (db: D1Database) => Promise<T>, session = this.#reader): Promise<T> {
    try {
      return await read(guardD1(session, this.#deployment.config.readDeadlineMs));
    } catch (cause) {
      throw new SluiceError("storage_unavailable", "The database cannot be read", { retryAfterMs: 1_000, cause });
    }
  }

  // Waiting is a courtesy: when the gate cannot be waited for, the caller gets the job as it is.
  async #waited(id: string, wantedMs: number): Promise<JobRow | null> {
    const timeoutMs = Math.min(wantedMs, LONGEST_WAIT_MS);
    try {
      const replyMs = timeoutMs + this.#deployment.config.readDeadlineMs;
      await callGate(this.#deployment.env, this.#tenantId, (gate) => gate.wait(id, timeoutMs), replyMs);
    } catch (error) {
      log.warn("a wait was cut short", { tenantId: this.#tenantId, jobId: id, error });
    }
    return this.#read(id, "first-primary");
  }
}
