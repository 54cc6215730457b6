import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { CANCEL_REASONS, JOB_STATES, TERMINAL_STATES } from "../../domain/job.ts";
import { listed } from "./listed.ts";

/**
 * Times are milliseconds since the epoch. The migration adds WITHOUT ROWID and STRICT, which drizzle cannot express:
 * the primary key is then the table itself, and also the index by which jobs are listed, newest first.
 */
export const jobs = sqliteTable(
  "jobs",
  {
    tenantId: text("tenant_id").notNull(),
    id: text().notNull(),
    state: text({ enum: JOB_STATES }).notNull(),
    type: text().notNull(),
    queue: text().notNull(),
    priority: integer().notNull(),
    /** 1 while the job is in the Queue or running: it holds one of its tenant's slots. */
    released: integer().notNull().default(0),
    /** Waits for time: not before (scheduled, retrying), or by then somebody should have claimed it (released). */
    dueAt: integer("due_at"),
    /** Waits for room since then. Kept while released, since the partial index leaves such a row out. */
    readyAt: integer("ready_at"),
    /** Written by the claim, on purpose in no index: claiming costs one row. */
    leaseUntil: integer("lease_until"),
    /** The token of the claim that made the job running; a lost reply is read back by it. */
    claim: text(),
    deliveries: integer().notNull().default(0),
    /** The fence: counts claims, is never lowered. Limits count `failures` and `crashes`. */
    attempt: integer().notNull().default(0),
    failures: integer().notNull().default(0),
    /** Attempts whose Worker died or lost its lease while the job ran alone. */
    crashes: integer().notNull().default(0),
    /** 1 from the first lost lease on: it runs alone. On purpose in no index, see `IS_ISOLATED`. */
    isolated: integer().notNull().default(0),
    maxAttempts: integer("max_attempts").notNull(),
    timeoutMs: integer("timeout_ms").notNull(),
    /** Backoff as JSON, see `RetryPolicy`. */
    backoff: text().notNull(),
    /** 1 when the job must not share its queue message with others. */
    solo: integer().notNull().default(0),
    /** What a claim returns of this row, in bytes: its payload, unless that is in R2, and its finished steps. */
    payloadBytes: integer("payload_bytes").notNull(),
    idempotencyKey: text("idempotency_key"),
    /** SHA-256 of type, payload and options; set when the caller gave an id or a key. */
    requestDigest: text("request_digest"),
    /** SHA-256 of what no other job may have in common with this one for as long as this is set. */
    uniqueKey: text("unique_key"),
    /** Until then; NULL: until the job has finished. */
    uniqueUntil: integer("unique_until"),
    createdAt: integer("created_at").notNull(),
    /** A job that nobody has claimed by then ends `cancelled`. */
    expiresAt: integer("expires_at"),
    /** A running job is asked to end since then. */
    cancelAt: integer("cancel_at"),
    /** Why the job was cancelled. */
    cancelReason: text("cancel_reason", { enum: CANCEL_REASONS }),
    startedAt: integer("started_at"),
    finishedAt: integer("finished_at"),
    payload: text(),
    payloadBlob: text("payload_blob"),
    result: text(),
    resultBlob: text("result_blob"),
    /** JSON array, one entry per failed attempt; bounded by the limits on attempts and crashes. */
    errors: text(),
    /** The job that this one repeats. It may have been deleted since. */
    replayOf: text("replay_of"),
    /** Who is told when the job has ended, as JSON, see `StoredCallback`. */
    callback: text(),
    /** The job whose end has brought this one about. It may have been deleted since. */
    parentId: text("parent_id"),
    /** The rest of its chain as JSON, see `StoredChain`. */
    next: text(),
    /** What came of the job before it, as JSON: for its handler. */
    previous: text(),
    /** The same in R2: the object of the job before it, which is kept for as long as it is named here. */
    previousBlob: text("previous_blob"),
    /** The group that it is a member of. */
    groupId: text("group_id"),
    /** The `traceparent` of the request that has enqueued it. */
    traceParent: text("trace_parent"),
    /** Finished steps as a JSON object, see `StoredStep`; bounded by `STEP_LIMITS`. */
    steps: text(),
    /** What handlers have said, as a JSON object of each attempt's `LogLine`s; bounded by `LOG_LIMITS`. */
    logs: text(),
  },
  (job) => [
    primaryKey({ columns: [job.tenantId, job.id] }),
    index("jobs_timed").on(job.tenantId, job.released, job.dueAt).where(sql`due_at IS NOT NULL`),
    index("jobs_waiting")
      .on(job.tenantId, job.queue, sql`priority DESC`, job.readyAt)
      .where(sql`ready_at IS NOT NULL AND released = 0`),
    index("jobs_expiring")
      .on(job.tenantId, job.expiresAt)
      .where(sql`expires_at IS NOT NULL AND started_at IS NULL AND finished_at IS NULL`),
    // What a list of dead letters is narrowed by stands in it, so that it looks up no job that it does not show.
    index("jobs_failed").on(job.tenantId, job.id, job.type, job.queue).where(sql`state = 'failed'`),
    uniqueIndex("jobs_key").on(job.tenantId, job.idempotencyKey).where(sql`idempotency_key IS NOT NULL`),
    uniqueIndex("jobs_unique").on(job.tenantId, job.uniqueKey).where(sql`unique_key IS NOT NULL`),
    index("jobs_previous").on(job.tenantId, job.previousBlob).where(sql`previous_blob IS NOT NULL`),
    index("jobs_group_open").on(job.tenantId, job.groupId).where(sql`group_id IS NOT NULL AND finished_at IS NULL`),
    index("jobs_group_failed")
      .on(job.tenantId, job.groupId, job.state)
      .where(sql`group_id IS NOT NULL AND state IN ('failed', 'cancelled')`),
    check("jobs_state", sql`state IN (${listed(JOB_STATES)})`),
    check("jobs_finished", sql`(finished_at IS NOT NULL) = (state IN (${listed(TERMINAL_STATES)}))`),
    check(
      "jobs_wait_for_one_thing",
      sql`(finished_at IS NOT NULL) + (due_at IS NOT NULL) + (ready_at IS NOT NULL AND released = 0) = 1`,
    ),
    check("jobs_released", sql`released = 0 OR state IN ('queued', 'running')`),
    check("jobs_running", sql`state <> 'running' OR (released = 1 AND lease_until IS NOT NULL AND claim IS NOT NULL)`),
    check("jobs_payload", sql`(payload IS NULL) <> (payload_blob IS NULL)`),
  ],
);

export type JobRow = typeof jobs.$inferSelect;
