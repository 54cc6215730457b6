import type { Following } from "../domain/following.ts";
import { followingColumns } from "./ending-jobs.ts";
import { IS_ISOLATED } from "./is-isolated.ts";

/** A job that this consumer may run, with what it needs to run it. */
export interface ClaimedJob extends Following {
  readonly tenantId: string;
  readonly id: string;
  readonly type: string;
  readonly queue: string;
  readonly attempt: number;
  readonly failures: number;
  readonly crashes: number;
  /** 1 when a lease was lost before: it runs alone. */
  readonly isolated: number;
  readonly maxAttempts: number;
  readonly timeoutMs: number;
  readonly backoff: string;
  /** Since when it could have run: it was stored, or came due, or has lost its lease. */
  readonly readyAt: number;
  readonly startedAt: number;
  readonly leaseUntil: number;
  readonly payload: string | null;
  readonly payloadBlob: string | null;
  /** What came of the job before it in its chain, as JSON; or in R2, under `previousBlob`. */
  readonly previous: string | null;
  readonly previousBlob: string | null;
  /** The `traceparent` that it was enqueued with. */
  readonly traceParent: string | null;
  /** Finished steps, as JSON. */
  readonly steps: string | null;
}

export interface JobRef {
  readonly tenantId: string;
  readonly id: string;
}

export interface Claim {
  /** Names this claim: when its reply is lost, it is read back by the token. */
  readonly token: string;
  readonly now: number;
  readonly leaseGraceMs: number;
  /** Came through the isolated queue: may start a job that must run alone. */
  readonly isolated: boolean;
}

const COLUMNS = `jobs.tenant_id AS tenantId, jobs.id, jobs.type, jobs.queue, jobs.attempt, jobs.failures, jobs.crashes,
  ${IS_ISOLATED} AS isolated, jobs.max_attempts AS maxAttempts, jobs.timeout_ms AS timeoutMs, jobs.backoff,
  coalesce(jobs.ready_at, jobs.created_at) AS readyAt, jobs.started_at AS startedAt, jobs.lease_until AS leaseUntil,
  jobs.payload, jobs.payload_blob AS payloadBlob, jobs.previous, jobs.previous_blob AS previousBlob,
  ${followingColumns("jobs")}, jobs.trace_parent AS traceParent, jobs.steps`;

/**
 * Claims all of a batch's jobs in one statement: each starts running and gets a lease. What is not released, not
 * queued, expired or not of this queue stays as it is, so that a stale or duplicate message starts nothing.
 */
export async function claimJobs(db: D1Database, refs: readonly JobRef[], claim: Claim): Promise<ClaimedJob[]> {
  const { results } = await db
    .prepare(
      `UPDATE jobs SET state = 'running', attempt = attempt + 1, claim = ?2, started_at = ?3,
         lease_until = ?3 + timeout_ms + ?4
       WHERE (tenant_id, id) IN (SELECT value->>0, value->>1 FROM json_each(?1))
         AND state = 'queued' AND released = 1 AND (?5 OR NOT ${IS_ISOLATED})
         AND (expires_at IS NULL OR expires_at > ?3 OR attempt > 0)
       RETURNING ${COLUMNS}`,
    )
    .bind(asJson(refs), claim.token, claim.now, claim.leaseGraceMs, claim.isolated ? 1 : 0)
    .all<ClaimedJob>();
  return results;
}

/** What a claim has claimed, when its own reply was lost. */
export async function findClaimed(db: D1Database, refs: readonly JobRef[], token: string): Promise<ClaimedJob[]> {
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM json_each(?1) r CROSS JOIN jobs
       WHERE jobs.tenant_id = r.value->>0 AND jobs.id = r.value->>1 AND jobs.state = 'running' AND jobs.claim = ?2`,
    )
    .bind(asJson(refs), token)
    .all<ClaimedJob>();
  return results;
}

/** An attempt that still runs. */
export interface RunningAttempt extends JobRef {
  /** 1 when somebody has asked for its end. */
  readonly cancelled: number;
  /** Until then somebody follows the tenant's events; null: nobody does. */
  readonly watchedUntil: number | null;
}

/** Which of these attempts still run, by "tenant/job". Those that are missing are over. */
export async function findRunning(
  db: D1Database,
  attempts: readonly (JobRef & { readonly attempt: number })[],
): Promise<Map<string, RunningAttempt>> {
  const { results } = await db
    .prepare(
      `SELECT j.tenant_id AS tenantId, j.id, j.cancel_at IS NOT NULL AS cancelled,
         (SELECT watched_until FROM tenants t WHERE t.id = j.tenant_id) AS watchedUntil
       FROM json_each(?1) r CROSS JOIN jobs j
       WHERE j.tenant_id = r.value->>0 AND j.id = r.value->>1 AND j.attempt = r.value->>2 AND j.state = 'running'`,
    )
    .bind(JSON.stringify(attempts.map(({ tenantId, id, attempt }) => [tenantId, id, attempt])))
    .all<RunningAttempt>();
  return new Map(results.map((attempt) => [`${attempt.tenantId}/${attempt.id}`, attempt]));
}

function asJson(refs: readonly JobRef[]): string {
  return JSON.stringify(refs.map((ref) => [ref.tenantId, ref.id]));
}
