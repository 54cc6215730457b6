import type { JobState } from "../domain/job.ts";
import { insertFollowUps } from "./follow-ups.ts";

/** A job that was changed, and what it is now. */
export interface ChangedJob {
  readonly id: string;
  readonly type: string;
  readonly queue: string;
  readonly state: JobState;
  readonly attempt: number;
}

/**
 * The statements that cancel those of the jobs that have not finished, with what follows on that. One that runs is
 * asked to end: its consumer sees that, and ends it. The results of the first are the jobs that have changed, those of the
 * others each a `FollowUp`.
 */
export function cancelJobs(
  db: D1Database,
  tenantId: string,
  ids: readonly string[],
  now: number,
): [cancel: D1PreparedStatement, ...followUps: D1PreparedStatement[]] {
  const cancel = db
    .prepare(
      `UPDATE jobs SET cancel_at = coalesce(cancel_at, ?3), cancel_reason = coalesce(cancel_reason, 'requested'),
         state = iif(state = 'running', state, 'cancelled'), released = (state = 'running'),
         due_at = iif(state = 'running', due_at, NULL), ready_at = iif(state = 'running', ready_at, NULL),
         finished_at = iif(state = 'running', NULL, ?3),
         unique_key = iif(state = 'running' OR unique_until IS NOT NULL, unique_key, NULL)
       WHERE tenant_id = ?1 AND id IN (SELECT value FROM json_each(?2))
         AND state IN ('scheduled', 'queued', 'retrying', 'running')
       RETURNING id, type, queue, state, attempt`,
    )
    .bind(tenantId, JSON.stringify(ids), now);
  // Whoever cancels does not know which of them have follow-ups: the statements look, and write nothing for the others.
  const followUps = insertFollowUps(
    db,
    ids.map((id) => ({ tenantId, id, at: now })),
  );
  return [cancel, ...followUps];
}

/** The statement that makes those of the jobs due now that wait for a later time. */
export function runNow(db: D1Database, tenantId: string, ids: readonly string[], now: number): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE jobs SET due_at = ?3
       WHERE tenant_id = ?1 AND id IN (SELECT value FROM json_each(?2)) AND state IN ('scheduled', 'retrying')
       RETURNING id, type, queue, state, attempt`,
    )
    .bind(tenantId, JSON.stringify(ids), now);
}
