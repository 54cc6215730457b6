import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { JOB_STATES, TERMINAL_STATES } from "../domain/job.ts";

const listed = (values: readonly string[]) => sql.raw(values.map((value) => `'${value}'`).join(", "));

/** A limit that is NULL means the deployment's default (see `config.ts`). */
export const tenants = sqliteTable("tenants", {
  id: text().primaryKey(),
  name: text().notNull(),
  rate: integer(),
  burst: integer(),
  backlog: integer(),
  concurrency: integer(),
  /** Raised by each gate that starts; every write of a gate checks it, so that an old gate's late write does nothing. */
  gateEpoch: integer("gate_epoch").notNull().default(0),
  createdAt: integer("created_at").notNull(),
});

export const apiKeys = sqliteTable("api_keys", {
  /** SHA-256 of the secret in hex; the secret itself is never stored. */
  hash: text().primaryKey(),
  tenantId: text("tenant_id").notNull(),
  name: text().notNull(),
  createdAt: integer("created_at").notNull(),
});

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
    crashes: integer().notNull().default(0),
    maxAttempts: integer("max_attempts").notNull(),
    timeoutMs: integer("timeout_ms").notNull(),
    /** Backoff as JSON, see `RetryPolicy`. */
    backoff: text().notNull(),
    /** 1 when the job must not share its queue message with others. */
    solo: integer().notNull().default(0),
    /** Bytes of the payload kept in this row; 0 when it is in R2. */
    payloadBytes: integer("payload_bytes").notNull(),
    idempotencyKey: text("idempotency_key"),
    /** SHA-256 of type, payload and options; set when the caller gave an id or a key. */
    requestDigest: text("request_digest"),
    createdAt: integer("created_at").notNull(),
    /** A job that nobody has claimed by then ends `cancelled`. */
    expiresAt: integer("expires_at"),
    /** A running job is asked to end since then. */
    cancelAt: integer("cancel_at"),
    /** Why the job was cancelled. */
    cancelReason: text("cancel_reason", { enum: ["requested", "expired"] }),
    startedAt: integer("started_at"),
    finishedAt: integer("finished_at"),
    payload: text(),
    payloadBlob: text("payload_blob"),
    result: text(),
    resultBlob: text("result_blob"),
    /** JSON array, one entry per failed attempt; bounded by the limits on attempts and crashes. */
    errors: text(),
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
    uniqueIndex("jobs_key").on(job.tenantId, job.idempotencyKey).where(sql`idempotency_key IS NOT NULL`),
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

/** Which jobs name a blob, in their payload or result. A blob that no job names any more is swept. */
export const jobBlobs = sqliteTable(
  "job_blobs",
  {
    tenantId: text("tenant_id").notNull(),
    blobId: text("blob_id").notNull(),
    jobId: text("job_id").notNull(),
  },
  (row) => [primaryKey({ columns: [row.tenantId, row.blobId, row.jobId] })],
);

/** The secrets that sign a tenant's deliveries. All that have not expired sign: that is how they are rotated. */
export const signingSecrets = sqliteTable(
  "signing_secrets",
  {
    tenantId: text("tenant_id").notNull(),
    id: text().notNull(),
    /** `whsec_` and the key in base64. */
    secret: text().notNull(),
    createdAt: integer("created_at").notNull(),
    expiresAt: integer("expires_at"),
  },
  (row) => [primaryKey({ columns: [row.tenantId, row.id] })],
);

/** What a tenant's queues are limited to: by a queue's name, or by a pattern ("customer/*") for each queue it matches. */
export const queues = sqliteTable(
  "queues",
  {
    tenantId: text("tenant_id").notNull(),
    name: text().notNull(),
    concurrency: integer(),
    /** So many starts in each period. */
    rateLimit: integer("rate_limit"),
    ratePeriodMs: integer("rate_period_ms"),
    paused: integer().notNull().default(0),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (queue) => [
    primaryKey({ columns: [queue.tenantId, queue.name] }),
    check("queues_concurrency", sql`concurrency >= 1`),
    check(
      "queues_rate",
      sql`(rate_limit IS NULL) = (rate_period_ms IS NULL) AND (rate_limit IS NULL OR (rate_limit >= 1 AND rate_period_ms >= 1))`,
    ),
    check("queues_paused", sql`paused IN (0, 1)`),
  ],
);

/** How far each chore of the cron trigger has come in its present round. */
export const chores = sqliteTable("chores", {
  name: text().primaryKey(),
  /** Where the round goes on; NULL when it is over. */
  after: text(),
  begunAt: integer("begun_at").notNull(),
});

export type JobRow = typeof jobs.$inferSelect;
