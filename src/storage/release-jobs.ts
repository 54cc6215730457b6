import { IS_ISOLATED } from "./is-isolated.ts";

/** A job that was given a slot: what the gate needs to send it. */
export interface ReleasedJob {
  readonly id: string;
  readonly queue: string;
  readonly attempt: number;
  readonly isolated: number;
  readonly solo: number;
  readonly payloadBytes: number;
}

/**
 * The statement that releases up to `count` jobs of a queue that wait for room: highest priority first, then the
 * longest waiting. Its results are the released jobs; fewer than asked for means that nobody waits there any more.
 * @param claimBy when the jobs are sent again if nobody has claimed them
 */
export function releaseWaiting(
  db: D1Database,
  tenantId: string,
  queue: string,
  count: number,
  claimBy: number,
): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE jobs SET released = 1, due_at = ?3, deliveries = 1
       WHERE tenant_id = ?1 AND state = 'queued' AND id IN (
         SELECT id FROM jobs INDEXED BY jobs_waiting
         WHERE tenant_id = ?1 AND queue = ?2 AND ready_at IS NOT NULL AND released = 0
         ORDER BY priority DESC, ready_at, id LIMIT ?4)
       RETURNING id, queue, attempt, ${IS_ISOLATED} AS isolated, solo, payload_bytes AS payloadBytes`,
    )
    .bind(tenantId, queue, claimBy, count);
}

/** A job whose slot was taken away again. */
export interface RecalledJob {
  readonly id: string;
  readonly queue: string;
}

/**
 * The statement that calls back the jobs of these queues that are released and not yet claimed: they wait for room
 * again, before all that has waited behind them. Their messages then start nothing, since only a released job can be
 * claimed. Reads as many rows as the tenant has jobs released or running. Safe to repeat.
 */
export function recallReleased(db: D1Database, tenantId: string, queues: readonly string[]): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE jobs SET released = 0, due_at = NULL, ready_at = coalesce(ready_at, created_at)
       WHERE tenant_id = ?1 AND id IN (
         SELECT id FROM jobs INDEXED BY jobs_timed
         WHERE tenant_id = ?1 AND released = 1 AND due_at IS NOT NULL AND state = 'queued'
           AND queue IN (SELECT value FROM json_each(?2)))
       RETURNING id, queue`,
    )
    .bind(tenantId, JSON.stringify(queues));
}
