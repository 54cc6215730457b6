/** The statement that cancels those of the jobs that have not started; its results are the ids it cancelled. */
export function cancelJobs(db: D1Database, tenantId: string, ids: readonly string[], now: number): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE jobs SET state = 'cancelled', released = 0, due_at = NULL, ready_at = NULL, finished_at = ?3
       WHERE tenant_id = ?1 AND id IN (SELECT value FROM json_each(?2))
         AND state IN ('scheduled', 'queued', 'retrying')
       RETURNING id`,
    )
    .bind(tenantId, JSON.stringify(ids), now);
}
