import { firstJobIdAt } from "../domain/id.ts";

/** Tenants after `afterId` that have a job created before `time` (milliseconds since the epoch). */
export async function findTenantsWithJobsBefore(
  db: D1Database,
  time: number,
  afterId: string,
  limit: number,
): Promise<string[]> {
  const { results } = await db
    .prepare(
      `SELECT id FROM tenants t
       WHERE id > ?2 AND EXISTS (SELECT 1 FROM jobs WHERE tenant_id = t.id AND id < ?1) ORDER BY id LIMIT ?3`,
    )
    .bind(firstJobIdAt(time), afterId, limit)
    .all<{ id: string }>();
  return results.map((row) => row.id);
}

/**
 * Looks at up to `limit` of a tenant's jobs after `afterId` that were created before `time`, oldest first, and deletes
 * those that had also finished by then.
 * @returns the last job that it looked at, or null when there are no more
 */
export async function deleteFinished(
  db: D1Database,
  tenantId: string,
  time: number,
  afterId: string,
  limit: number,
): Promise<string | null> {
  const { results } = await db
    .prepare(
      `SELECT id, finished_at AS finishedAt FROM jobs WHERE tenant_id = ?1 AND id > ?2 AND id < ?3 ORDER BY id LIMIT ?4`,
    )
    .bind(tenantId, afterId, firstJobIdAt(time), limit)
    .all<{ id: string; finishedAt: number | null }>();
  // A finished job does not change: what is seen here holds when it is deleted.
  const over = results.flatMap(({ id, finishedAt }) => (finishedAt !== null && finishedAt < time ? [id] : []));
  if (over.length > 0) {
    await db
      .prepare("DELETE FROM jobs WHERE tenant_id = ?1 AND id IN (SELECT value FROM json_each(?2))")
      .bind(tenantId, JSON.stringify(over))
      .run();
  }
  return results.length < limit ? null : (results.at(-1)?.id ?? null);
}
