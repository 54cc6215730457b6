import type { GroupDraft } from "../protocol/groups.ts";

/** A group, and the ids of the jobs that are to be its members. */
export interface GroupOfJobs {
  readonly group: GroupDraft;
  readonly jobIds: readonly string[];
}

// After the jobs: its members are those that have been inserted as such, and without any there is no group.
const INSERT_GROUPS = `
INSERT INTO job_groups (tenant_id, id, name, on_failure, total, created_at, parent_id, types, on_complete, members)
SELECT ?1, g->>0, g->>1, g->>2, json_array_length(members), ?3, g->>3, g->>4, g->>5, members
FROM (
  SELECT d.value AS g, (
    SELECT json_group_array(j.id) FROM json_each(d.value, '$[6]') m
    CROSS JOIN jobs j ON j.tenant_id = ?1 AND j.id = m.value AND j.group_id = d.value->>0) AS members
  FROM json_each(?2) d)
WHERE json_array_length(members) > 0
ON CONFLICT DO NOTHING`;

/**
 * The statements that insert groups; they stand in the batch that inserts their jobs, after that. Safe to repeat.
 * @param now when they are made, in milliseconds since the epoch
 */
export function insertGroups(
  db: D1Database,
  tenantId: string,
  groups: readonly GroupOfJobs[],
  now: number,
): D1PreparedStatement[] {
  return groups.map(({ group, jobIds }) => {
    const { id, name, onFailure, parentId, types, onComplete } = group;
    const values = [id, name, onFailure, parentId, JSON.stringify(types), onComplete, jobIds];
    return db.prepare(INSERT_GROUPS).bind(tenantId, JSON.stringify([values]), now);
  });
}
