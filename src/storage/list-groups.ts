import type { GroupState } from "../domain/group.ts";
import { COUNTED_GROUP, type StoredGroup } from "./job-groups.ts";

export interface GroupFilter {
  readonly states?: readonly GroupState[] | undefined;
  /** All types of a group must be among these; null: any. */
  readonly types: readonly string[] | null;
}

export interface GroupPage {
  readonly groups: readonly StoredGroup[];
  /** The id after which the next page begins, or null when this is the last. */
  readonly nextAfter: string | null;
}

/** Groups that a filtered page looks at, at most. */
const SCANNED_GROUPS = 500;

const ALL = "SELECT id FROM job_groups WHERE tenant_id = ?1 AND (?2 IS NULL OR id < ?2) ORDER BY id DESC LIMIT ?3";

/** The newest group before an id that has a job that has not ended: one row, however many such jobs it has. */
const unfinishedBefore = (id: string) => `(SELECT group_id FROM jobs INDEXED BY jobs_group_open
  WHERE tenant_id = ?1 AND group_id < ${id} AND group_id IS NOT NULL AND finished_at IS NULL
  ORDER BY group_id DESC LIMIT 1)`;

// No index tells groups that are not complete from the others, but their open jobs do. ("g" is behind each id.)
const UNFINISHED = `SELECT id FROM (
  WITH RECURSIVE found(id) AS (
    SELECT ${unfinishedBefore("coalesce(?2, 'g')")}
    UNION ALL SELECT ${unfinishedBefore("found.id")} FROM found WHERE found.id IS NOT NULL
    LIMIT ?3)
  SELECT id FROM found WHERE id IS NOT NULL)`;

const MATCHES = `(?4 IS NULL OR iif(g.completed_at IS NOT NULL, 'complete', iif(g.stopped_at IS NULL, 'open', 'stopped'))
    IN (SELECT value FROM json_each(?4)))
  AND (?5 IS NULL OR NOT EXISTS (
    SELECT 1 FROM json_each(g.types) t WHERE t.value NOT IN (SELECT value FROM json_each(?5))))`;

/**
 * A page of the tenant's groups, newest first. It may come with fewer than asked for, even none, and still have a
 * next. Reads a bounded number of rows, and for each group that is not complete as many as it has open and failed members.
 */
export async function listGroups(
  db: D1Database,
  tenantId: string,
  { states, types }: GroupFilter,
  beforeId: string | null,
  limit: number,
): Promise<GroupPage> {
  const isUnfinished = states?.includes("complete") === false;
  const isWhole = types === null && (states === undefined || (isUnfinished && states.length === 2));
  const most = isWhole ? limit + 1 : SCANNED_GROUPS;
  const { results: looked } = await db
    .prepare(
      `SELECT g.id AS id, ${MATCHES} AS matches
       FROM (${isUnfinished ? UNFINISHED : ALL}) s CROSS JOIN job_groups g ON g.tenant_id = ?1 AND g.id = s.id
       ORDER BY g.id DESC`,
    )
    .bind(tenantId, beforeId, most, states ? JSON.stringify(states) : null, types && JSON.stringify(types))
    .all<{ id: string; matches: number }>();
  const matching = looked.flatMap(({ id, matches }) => (matches === 1 ? [id] : []));
  const shown = matching.slice(0, limit);
  const scanEnd = looked.length < most ? null : (looked.at(-1)?.id ?? null);
  const { results: groups } = await db
    .prepare(
      `SELECT ${COUNTED_GROUP} FROM job_groups
       WHERE tenant_id = ?1 AND id IN (SELECT value FROM json_each(?2)) ORDER BY id DESC`,
    )
    .bind(tenantId, JSON.stringify(shown))
    .all<StoredGroup>();
  return { groups, nextAfter: matching.length > limit ? (shown.at(-1) ?? null) : scanEnd };
}
