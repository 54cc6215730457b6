import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { ALERT_MEASURES, ALERT_STATES } from "../domain/alert.ts";
import { FAILURE_POLICIES } from "../domain/group.ts";
import { CANCEL_REASONS, JOB_STATES, TERMINAL_STATES } from "../domain/job.ts";
import { PLAN_ACTIONS, PLAN_STATES } from "../domain/plan.ts";
import { JURISDICTIONS, LOCATION_HINTS } from "../domain/region.ts";
import { MISSED_POLICIES, OVERLAPS } from "../domain/schedule.ts";

const listed = (values: readonly string[]) => sql.raw(values.map((value) => `'${value}'`).join(", "));

/** A limit that is NULL means the deployment's default (see `config.ts`). */
export const tenants = sqliteTable(
  "tenants",
  {
    id: text().primaryKey(),
    name: text().notNull(),
    rate: integer(),
    burst: integer(),
    backlog: integer(),
    concurrency: integer(),
    /** Raised by each gate that starts; every write of a gate checks it, so that an old gate's late write does nothing. */
    gateEpoch: integer("gate_epoch").notNull().default(0),
    /** Until then consumers tell the gate of starts and progress, since somebody follows its events. */
    watchedUntil: integer("watched_until"),
    createdAt: integer("created_at").notNull(),
    maxPayloadBytes: integer("max_payload_bytes"),
    /** Where its gate is; never changed, see `Region`. */
    locationHint: text("location_hint", { enum: LOCATION_HINTS }),
    jurisdiction: text({ enum: JURISDICTIONS }),
    /** Nothing of it is started since then. */
    suspendedAt: integer("suspended_at"),
    /** Since then it is being deleted: nobody can use it any more, and what it has left goes away by and by. */
    deletedAt: integer("deleted_at"),
  },
  (tenant) => [index("tenants_deleted").on(tenant.deletedAt).where(sql`deleted_at IS NOT NULL`)],
);

export const apiKeys = sqliteTable(
  "api_keys",
  {
    /** SHA-256 of the secret in hex; the secret itself is never stored. */
    hash: text().primaryKey(),
    tenantId: text("tenant_id").notNull(),
    name: text().notNull(),
    createdAt: integer("created_at").notNull(),
    /** NULL for keys that were written by hand, or before there were ids: they go by the beginning of their hash. */
    id: text(),
    /** The end of the secret, for people who look for it. */
    hint: text(),
    /** JSON array, see `Scope`; NULL: all. */
    scopes: text(),
    /** JSON array of the job types that it is limited to; NULL: any. */
    types: text(),
    expiresAt: integer("expires_at"),
    /** It ends then; in the future for a key that was rotated. */
    revokedAt: integer("revoked_at"),
  },
  (key) => [index("api_keys_tenant").on(key.tenantId)],
);

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

/**
 * Jobs whose ends are waited for together. How many are open or have failed is counted where that is asked, from the
 * indexes of their jobs: a counter that is raised could be raised twice.
 */
export const jobGroups = sqliteTable(
  "job_groups",
  {
    tenantId: text("tenant_id").notNull(),
    id: text().notNull(),
    name: text(),
    /** What the first failure of a member does. */
    onFailure: text("on_failure", { enum: FAILURE_POLICIES }).notNull(),
    /** Members, each with the rest of its chain. */
    total: integer().notNull(),
    createdAt: integer("created_at").notNull(),
    /** The job that has made it; NULL: a caller has. */
    parentId: text("parent_id"),
    /** Since then its members that do not run are cancelled. */
    stoppedAt: integer("stopped_at"),
    /** When the last of its members had ended. */
    completedAt: integer("completed_at"),
    /** Of its members, once it is complete. */
    failed: integer(),
    cancelled: integer(),
    /** JSON array of the types of its members and of what follows on it. */
    types: text().notNull(),
    /** The job that follows when it is complete as JSON, see `StoredStep`. */
    onComplete: text("on_complete"),
    /** JSON array of the ids of its members, as they were enqueued. Last, since it is large and often left out. */
    members: text().notNull(),
  },
  (group) => [
    primaryKey({ columns: [group.tenantId, group.id] }),
    index("job_groups_stopping")
      .on(group.tenantId, group.id)
      .where(sql`stopped_at IS NOT NULL AND completed_at IS NULL`),
    check("job_groups_on_failure", sql`on_failure IN (${listed(FAILURE_POLICIES)})`),
    check(
      "job_groups_complete",
      sql`(completed_at IS NULL) = (failed IS NULL) AND (completed_at IS NULL) = (cancelled IS NULL)`,
    ),
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
    /** `whsec_…`, sealed when the deployment has secret keys. */
    secret: text().notNull(),
    createdAt: integer("created_at").notNull(),
    expiresAt: integer("expires_at"),
    /** `whsk_…`, sealed likewise; NULL when the version that made the secret made no key pair. */
    signingKey: text("signing_key"),
  },
  (row) => [primaryKey({ columns: [row.tenantId, row.id] })],
);

/** Receivers of callbacks that have answered 410: nothing more is sent to them until their tenant takes them off. */
export const disabledReceivers = sqliteTable(
  "disabled_receivers",
  {
    tenantId: text("tenant_id").notNull(),
    url: text().notNull(),
    disabledAt: integer("disabled_at").notNull(),
    /** The delivery that was answered so. It may have been deleted since. */
    jobId: text("job_id").notNull(),
  },
  (row) => [primaryKey({ columns: [row.tenantId, row.url] })],
);

/**
 * Changes to many jobs at once: first planned, then confirmed, then carried out in steps. A step moves `place` on in
 * the same statement that counts it, so that of two runners only one counts.
 */
export const plans = sqliteTable(
  "plans",
  {
    tenantId: text("tenant_id").notNull(),
    id: text().notNull(),
    action: text({ enum: PLAN_ACTIONS }).notNull(),
    /** JSON, see `PlanFilter`. */
    filter: text().notNull(),
    state: text({ enum: PLAN_STATES }).notNull(),
    /** The jobs after this id are still to be looked at. */
    place: text().notNull(),
    /** Jobs that matched when the plan was made. */
    count: integer().notNull(),
    /** 1 when all of the tenant's jobs that could match were looked at to count. */
    countedAll: integer("counted_all").notNull(),
    /** 1 when more jobs match than one plan takes. */
    truncated: integer().notNull(),
    done: integer().notNull().default(0),
    failed: integer().notNull().default(0),
    skipped: integer().notNull().default(0),
    /** JSON, see `PlanFailure`: why the last of `failed` has failed. */
    lastFailure: text("last_failure"),
    perSecond: integer("per_second"),
    createdAt: integer("created_at").notNull(),
    confirmedAt: integer("confirmed_at"),
    finishedAt: integer("finished_at"),
  },
  (plan) => [
    primaryKey({ columns: [plan.tenantId, plan.id] }),
    index("plans_running").on(plan.tenantId, plan.id).where(sql`state = 'running'`),
    check("plans_action", sql`action IN (${listed(PLAN_ACTIONS)})`),
    check("plans_state", sql`state IN (${listed(PLAN_STATES)})`),
    check("plans_confirmed", sql`(confirmed_at IS NOT NULL) = (per_second IS NOT NULL)`),
    check("plans_running_is_confirmed", sql`state NOT IN ('running', 'finished') OR confirmed_at IS NOT NULL`),
    check("plans_over", sql`(finished_at IS NOT NULL) = (state IN ('finished', 'cancelled'))`),
  ],
);

/** Jobs that are enqueued by the clock. */
export const schedules = sqliteTable(
  "schedules",
  {
    tenantId: text("tenant_id").notNull(),
    name: text().notNull(),
    cron: text().notNull(),
    /** IANA. */
    timezone: text().notNull(),
    overlap: text({ enum: OVERLAPS }).notNull(),
    missed: text({ enum: MISSED_POLICIES }).notNull(),
    paused: integer().notNull(),
    /** The tick that is next; NULL while the schedule is paused, and when no tick ever comes. */
    nextAt: integer("next_at"),
    /** The last tick that got a job, and that job. */
    lastTick: integer("last_tick"),
    lastJobId: text("last_job_id"),
    createdAt: integer("created_at").notNull(),
    /** When its settings were changed; ticks leave it. */
    updatedAt: integer("updated_at").notNull(),
    /** The job of each tick as JSON, see `ScheduledDraft`. Last, since it is large and often left out. */
    draft: text().notNull(),
  },
  (row) => [
    primaryKey({ columns: [row.tenantId, row.name] }),
    index("schedules_due").on(row.tenantId, row.nextAt).where(sql`next_at IS NOT NULL`),
    check("schedules_overlap", sql`overlap IN (${listed(OVERLAPS)})`),
    check("schedules_missed", sql`missed IN (${listed(MISSED_POLICIES)})`),
    check("schedules_paused", sql`paused IN (0, 1) AND (paused = 0 OR next_at IS NULL)`),
    check("schedules_last", sql`(last_tick IS NULL) = (last_job_id IS NULL)`),
    check("schedules_draft", sql`json_valid(draft)`),
  ],
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

/** Public addresses that take webhooks, verify them, and enqueue a job for each. */
export const endpoints = sqliteTable(
  "endpoints",
  {
    tenantId: text("tenant_id").notNull(),
    /** Its public address ends with it. */
    id: text().notNull(),
    name: text().notNull(),
    /** The name of a preset; NULL when the scheme is the tenant's own. */
    provider: text(),
    /** JSON, see `Scheme`; NULL when it is a preset's. */
    scheme: text(),
    /** JSON, sealed: the secret, and the one before it. */
    secrets: text().notNull(),
    /** The secret before is valid until then. */
    previousUntil: integer("previous_until"),
    type: text().notNull(),
    queue: text().notNull(),
    priority: integer().notNull(),
    /** JSON, a list of names and beginnings; an empty one takes all. */
    events: text().notNull(),
    disabled: integer().notNull().default(0),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (row) => [
    primaryKey({ columns: [row.tenantId, row.id] }),
    uniqueIndex("endpoints_name").on(row.tenantId, row.name),
    uniqueIndex("endpoints_id").on(row.id),
    check("endpoints_scheme", sql`(provider IS NULL) <> (scheme IS NULL)`),
    check("endpoints_disabled", sql`disabled IN (0, 1)`),
  ],
);

/** What an endpoint has refused of late, and why. */
export const endpointRejections = sqliteTable(
  "endpoint_rejections",
  {
    tenantId: text("tenant_id").notNull(),
    endpointId: text("endpoint_id").notNull(),
    id: text().notNull(),
    at: integer().notNull(),
    cause: text().notNull(),
    detail: text(),
    userAgent: text("user_agent"),
    /** How many this row stands for: a flood is not written one by one. */
    count: integer().notNull(),
  },
  (row) => [primaryKey({ columns: [row.tenantId, row.endpointId, row.id] })],
);

/** Of what a tenant wants to be told, and whether it is so at present. */
export const alerts = sqliteTable(
  "alerts",
  {
    tenantId: text("tenant_id").notNull(),
    name: text().notNull(),
    measure: text({ enum: ALERT_MEASURES }).notNull(),
    /** NULL: all queues together. */
    queue: text(),
    /** Seconds of an age; else a share, 0 to 1. */
    threshold: real().notNull(),
    /** NULL for an age, as is `min_events`. */
    windowMs: integer("window_ms"),
    minEvents: integer("min_events"),
    /** As the guard has normalised it. */
    url: text().notNull(),
    state: text({ enum: ALERT_STATES }).notNull(),
    /** Since when it is in this state. */
    since: integer().notNull(),
    /** What it came to when its state changed last. */
    value: real(),
    /** The job that delivers the last change. It may have been deleted since. */
    jobId: text("job_id"),
    /** Until then the gate may have counted something that matters; NULL while no job was seen. */
    askUntil: integer("ask_until"),
    createdAt: integer("created_at").notNull(),
    /** When it was changed by its tenant; strictly rising. */
    updatedAt: integer("updated_at").notNull(),
  },
  (alert) => [
    primaryKey({ columns: [alert.tenantId, alert.name] }),
    check("alerts_measure", sql`measure IN (${listed(ALERT_MEASURES)})`),
    check("alerts_state", sql`state IN (${listed(ALERT_STATES)})`),
    check("alerts_threshold", sql`threshold > 0`),
    check(
      "alerts_window",
      sql`(window_ms IS NULL) = (measure = 'oldest_due_age') AND (min_events IS NULL) = (window_ms IS NULL)`,
    ),
  ],
);

/** How far each chore of the cron trigger has come in its present round. */
export const chores = sqliteTable("chores", {
  name: text().primaryKey(),
  /** Where the round goes on; NULL when it is over. */
  after: text(),
  begunAt: integer("begun_at").notNull(),
});

export type AlertRow = typeof alerts.$inferSelect;
export type JobRow = typeof jobs.$inferSelect;
export type PlanRow = typeof plans.$inferSelect;
export type ScheduleRow = typeof schedules.$inferSelect;
export type TenantRow = typeof tenants.$inferSelect;
