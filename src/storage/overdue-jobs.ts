import { mayBeFollowed } from "../domain/following.ts";
import type { Move, Next, OverdueJob } from "../domain/overdue.ts";
import { type FollowUp, followingColumns } from "./ending-jobs.ts";
import { insertFollowUps } from "./follow-ups.ts";
import { assertFence, type GateFence } from "./gate-fence.ts";
import { IS_ISOLATED } from "./is-isolated.ts";

/**
 * Jobs whose time has come, the longest overdue first: at most `limit` that hold a slot, as many that do not, and as
 * many that have expired, and of groups that were stopped.
 */
export async function findOverdue(db: D1Database, tenantId: string, now: number, limit: number): Promise<OverdueJob[]> {
  const columns = `id, type, state, queue, released, attempt, crashes, ${IS_ISOLATED} AS isolated, deliveries, solo,
    due_at AS dueAt, started_at AS startedAt, lease_until AS leaseUntil, expires_at AS expiresAt, cancel_at AS cancelAt,
    payload_bytes AS payloadBytes, ${followingColumns("jobs")}`;
  const overdue = (released: 0 | 1) => `SELECT * FROM (
    SELECT ${columns}, 0 AS stopped FROM jobs INDEXED BY jobs_timed
    WHERE tenant_id = ?1 AND released = ${released} AND due_at IS NOT NULL AND due_at <= ?2
    ORDER BY due_at LIMIT ?3)`;
  const expired = `SELECT * FROM (
    SELECT ${columns}, 0 AS stopped FROM jobs INDEXED BY jobs_expiring
    WHERE tenant_id = ?1 AND expires_at IS NOT NULL AND started_at IS NULL AND finished_at IS NULL AND expires_at <= ?2
    ORDER BY expires_at LIMIT ?3)`;
  const stopped = `SELECT * FROM (
    SELECT ${columns}, 1 AS stopped FROM jobs INDEXED BY jobs_group_open
    WHERE tenant_id = ?1 AND group_id IN (SELECT id FROM job_groups INDEXED BY job_groups_stopping
        WHERE tenant_id = ?1 AND stopped_at IS NOT NULL AND completed_at IS NULL)
      AND group_id IS NOT NULL AND finished_at IS NULL AND state <> 'running' LIMIT ?3)`;
  const { results } = await db
    .prepare(`${overdue(1)} UNION ALL ${overdue(0)} UNION ALL ${expired} UNION ALL ${stopped}`)
    .bind(tenantId, now, limit)
    .all<OverdueJob>();
  // One that is more than one of these stands here more than once.
  return [...new Map(results.map((job) => [job.id, job])).values()];
}

/** What a pass has done. */
export interface Moved {
  readonly ids: ReadonlySet<string>;
  readonly followUps: readonly FollowUp[];
}

/**
 * Moves overdue jobs on, with what follows on the end of those that end. Guarded by what was read: a job that changed in
 * the meantime (it was claimed, finished, cancelled) stays as it is. The tenant is in the JSON, and the due time behind a
 * plus sign, or the planner would read the whole tenant for each of them.
 * @throws the errors of {@link assertFence}
 */
export async function moveOverdue(
  db: D1Database,
  fence: GateFence,
  moves: readonly Move[],
  now: number,
  deadline: number,
): Promise<Moved> {
  if (moves.length === 0) return { ids: new Set(), followUps: [] };
  const values = moves.map(({ job, to }) => [
    fence.tenantId,
    job.id,
    job.state,
    job.attempt,
    job.dueAt,
    to.state,
    to.released ? 1 : 0,
    to.dueAt,
    readyAt(job, to, now),
    to.state === "failed" || to.state === "cancelled" ? now : null,
    to.crashes,
    to.deliveries,
    to.error === null ? null : JSON.stringify(to.error),
    to.cancelReason,
    to.isolated,
  ]);
  const move = db
    .prepare(
      `UPDATE jobs SET state = m.value->>5, released = m.value->>6, due_at = m.value->>7,
         ready_at = iif(m.value->>6, coalesce(m.value->>8, ready_at), m.value->>8),
         finished_at = m.value->>9, crashes = m.value->>10, deliveries = m.value->>11, isolated = m.value->>14,
         lease_until = iif(m.value->>5 = 'running', lease_until, NULL),
         errors = iif(m.value->>12 IS NULL, errors, json_insert(coalesce(errors, '[]'), '$[#]', json(m.value->>12))),
         cancel_reason = coalesce(m.value->>13, cancel_reason),
         unique_key = iif(unique_until IS NULL AND m.value->>9 IS NOT NULL, NULL, unique_key)
       FROM json_each(?1) m
       WHERE jobs.tenant_id = m.value->>0 AND jobs.id = m.value->>1 AND jobs.state = m.value->>2
         AND jobs.attempt = m.value->>3 AND +jobs.due_at IS m.value->>4
       RETURNING id`,
    )
    .bind(JSON.stringify(values));
  const [moved, ...rest] = await db.batch<{ id: string } & FollowUp>([
    move,
    ...followUps(db, fence, moves, now),
    assertFence(db, fence, deadline),
  ]);
  return {
    ids: new Set(moved?.results.map((row) => row.id)),
    followUps: rest.slice(0, -1).flatMap(({ results }) => results),
  };
}

function followUps(
  db: D1Database,
  { tenantId }: GateFence,
  moves: readonly Move[],
  now: number,
): D1PreparedStatement[] {
  const followed = moves.filter(({ job, to }) => mayBeFollowed(job, to.state));
  return insertFollowUps(
    db,
    followed.map(({ job }) => ({ ...job, tenantId, at: now })),
  );
}

/**
 * Since when a job that moves on could run; null leaves it as it is while the job holds a slot. Free for one that does:
 * the index of what waits leaves it out.
 */
function readyAt(job: OverdueJob, to: Next, now: number): number | null {
  if (to.waits) return now;
  const starts = to.state === "queued" && to.released;
  if (!starts) return null;
  if (job.released === 0) return job.dueAt;
  return job.state === "running" ? now : null;
}
