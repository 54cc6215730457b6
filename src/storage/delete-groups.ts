import { firstJobIdAt } from "../domain/id.ts";

/** A place among all groups. */
export interface GroupPlace {
  readonly tenantId: string;
  readonly id: string;
}

/**
 * Looks at up to `limit` of the groups of one tenant, the next one after `after` that has any made before `time`
 * (milliseconds since the epoch), and deletes those that were also complete by then.
 * @returns where the next call goes on, or null when there are no more
 */
export async function deleteCompleteGroups(
  db: D1Database,
  time: number,
  { tenantId: last, id: afterId }: GroupPlace,
  limit: number,
): Promise<GroupPlace | null> {
  const tenantId = afterId === "" ? await nextTenant(db, time, last) : last;
  if (tenantId === null) return null;
  const { results } = await db
    .prepare(
      `SELECT id, completed_at AS completedAt FROM job_groups
       WHERE tenant_id = ?1 AND id > ?2 AND id < ?3 ORDER BY id LIMIT ?4`,
    )
    .bind(tenantId, afterId, firstJobIdAt(time), limit)
    .all<{ id: string; completedAt: number | null }>();
  // A group that is complete does not change: what is seen here holds when it is deleted.
  const over = results.flatMap(({ id, completedAt }) => (completedAt !== null && completedAt < time ? [id] : []));
  if (over.length > 0) {
    await db
      .prepare("DELETE FROM job_groups WHERE tenant_id = ?1 AND id IN (SELECT value FROM json_each(?2))")
      .bind(tenantId, JSON.stringify(over))
      .run();
  }
  return { tenantId, id: results.length < limit ? "" : (results.at(-1)?.id ?? "") };
}

async function nextTenant(db: D1Database, time: number, afterId: string): Promise<string | null> {
  return db
    .prepare(
      `SELECT id FROM tenants t
       WHERE id > ?2 AND EXISTS (SELECT 1 FROM job_groups WHERE tenant_id = t.id AND id < ?1) ORDER BY id LIMIT 1`,
    )
    .bind(firstJobIdAt(time), afterId)
    .first<string>("id");
}
