import type { FailurePolicy } from "../domain/group.ts";
import type { JobState } from "../domain/job.ts";
import { CANCELLED, FAILED } from "./end-groups.ts";

/** A group as it is stored, with its jobs counted. Times are milliseconds since the epoch. */
export interface StoredGroup {
  readonly id: string;
  readonly name: string | null;
  readonly onFailure: FailurePolicy;
  readonly total: number;
  readonly open: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly createdAt: number;
  readonly parentId: string | null;
  readonly stoppedAt: number | null;
  readonly completedAt: number | null;
  /** JSON array. */
  readonly types: string;
  /** `StoredStep` as JSON. */
  readonly onComplete: string | null;
}

const openJobs = (groupId: string) => `SELECT id FROM jobs INDEXED BY jobs_group_open
  WHERE tenant_id = ?1 AND group_id = ${groupId} AND group_id IS NOT NULL AND finished_at IS NULL`;

/** The columns of a `StoredGroup`. They read no more rows than the group has members, none once it is complete. */
export const COUNTED_GROUP = `id, name, on_failure AS onFailure, total, created_at AS createdAt, parent_id AS parentId,
  stopped_at AS stoppedAt, completed_at AS completedAt, types, on_complete AS onComplete,
  coalesce(failed, ${FAILED}) AS failed, coalesce(cancelled, ${CANCELLED}) AS cancelled,
  iif(completed_at IS NULL, (SELECT count(*) FROM (${openJobs("job_groups.id")})), 0) AS open`;

/** A group of the tenant, or null. Reads no more rows than it has members. */
export async function readGroup(db: D1Database, tenantId: string, id: string): Promise<StoredGroup | null> {
  return db
    .prepare(`SELECT ${COUNTED_GROUP} FROM job_groups WHERE tenant_id = ?1 AND id = ?2`)
    .bind(tenantId, id)
    .first<StoredGroup>();
}

/** Stops a group that is not complete: its gate cancels those of its jobs that do not run, the others are asked to end. */
export async function stopGroup(db: D1Database, tenantId: string, id: string, now: number): Promise<void> {
  await db.batch([
    db
      .prepare(
        "UPDATE job_groups SET stopped_at = ?3 WHERE tenant_id = ?1 AND id = ?2 AND stopped_at IS NULL AND completed_at IS NULL",
      )
      .bind(tenantId, id, now),
    db
      .prepare(
        `UPDATE jobs SET cancel_at = ?3, cancel_reason = coalesce(cancel_reason, 'requested')
         WHERE tenant_id = ?1 AND id IN (${openJobs("?2")}) AND state = 'running' AND cancel_at IS NULL`,
      )
      .bind(tenantId, id, now),
  ]);
}

/** The ids of up to `limit` of a group's members, as they were enqueued, newest first. Reads no more rows than it has. */
export async function findMembers(
  db: D1Database,
  tenantId: string,
  groupId: string,
  {
    states,
    types,
    queue,
  }: {
    readonly states?: readonly JobState[] | undefined;
    readonly types?: readonly string[] | undefined;
    readonly queue?: string | undefined;
  },
  beforeId: string | null,
  limit: number,
): Promise<string[]> {
  const listed = (values: readonly string[] | undefined) => (values === undefined ? null : JSON.stringify(values));
  const { results } = await db
    .prepare(
      `SELECT j.id FROM job_groups g CROSS JOIN json_each(g.members) m
         CROSS JOIN jobs j ON j.tenant_id = ?1 AND j.id = m.value
       WHERE g.tenant_id = ?1 AND g.id = ?2 AND (?3 IS NULL OR m.value < ?3)
         AND (?4 IS NULL OR j.state IN (SELECT value FROM json_each(?4)))
         AND (?5 IS NULL OR j.type IN (SELECT value FROM json_each(?5))) AND (?6 IS NULL OR j.queue = ?6)
       ORDER BY m.value DESC LIMIT ?7`,
    )
    .bind(tenantId, groupId, beforeId, listed(states), listed(types), queue ?? null, limit)
    .all<{ id: string }>();
  return results.map(({ id }) => id);
}
