import { type EndingJob, endingJson, followUpIdSql, HAVE_ENDED } from "./ending-jobs.ts";

/** The groups of jobs that have ended, each with the last time and the last job of them. */
const groupsOf = (ended: string) => `(
  SELECT j.tenant_id AS tenant_id, j.group_id AS group_id, max(j.finished_at) AS at, max(j.id) AS job_id
  FROM ${HAVE_ENDED} WHERE j.group_id IS NOT NULL AND ${ended} GROUP BY j.tenant_id, j.group_id)`;

const STOP = `
UPDATE job_groups SET stopped_at = e.at FROM ${groupsOf("j.state <> 'succeeded'")} e
WHERE job_groups.tenant_id = e.tenant_id AND job_groups.id = e.group_id AND on_failure = 'stop' AND stopped_at IS NULL
  AND completed_at IS NULL
RETURNING tenant_id AS tenantId, NULL AS parentId, NULL AS dueAt`;

const countEnded = (state: "failed" | "cancelled") => `(SELECT count(*) FROM jobs f INDEXED BY jobs_group_failed
  WHERE f.tenant_id = job_groups.tenant_id AND f.group_id = job_groups.id AND f.group_id IS NOT NULL
    AND f.state = '${state}' AND f.state IN ('failed', 'cancelled'))`;

/** Columns of a group that count its members: those that have failed and were cancelled. */
export const FAILED = countEnded("failed");
export const CANCELLED = countEnded("cancelled");

// No counter tells who is the last, but the jobs themselves, in the transaction that ends them: transactions come one
// after the other, so that there is exactly one that finds no job open any more.
const COMPLETE = `
UPDATE job_groups SET completed_at = e.at, failed = ${FAILED}, cancelled = ${CANCELLED}
FROM ${groupsOf("true")} e
WHERE job_groups.tenant_id = e.tenant_id AND job_groups.id = e.group_id AND completed_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM jobs o INDEXED BY jobs_group_open
    WHERE o.tenant_id = e.tenant_id AND o.group_id = e.group_id AND o.group_id IS NOT NULL AND o.finished_at IS NULL)`;

const OUTCOME = `json_object('group', g.id, 'name', g.name, 'total', g.total,
  'succeeded', g.total - g.failed - g.cancelled, 'failed', g.failed, 'cancelled', g.cancelled,
  'stopped', json(iif(g.stopped_at IS NULL, 'false', 'true')))`;

const COMPLETED = `${groupsOf("true")} e
  CROSS JOIN job_groups g ON g.tenant_id = e.tenant_id AND g.id = e.group_id
    AND g.completed_at = e.at AND g.on_complete IS NOT NULL`;

const INSERT_ON_COMPLETE = `
INSERT INTO jobs (tenant_id, id, state, type, queue, priority, due_at, expires_at, max_attempts, timeout_ms, backoff, solo,
  payload, payload_bytes, created_at, callback, parent_id, previous)
SELECT tenant_id, ${followUpIdSql("step->>'key'", "at")}, 'scheduled', step->>'type', step->>'queue', step->>'priority',
  at + step->>'delayMs', at + step->>'expireInMs', step->>'maxAttempts', step->>'timeoutMs', step->>'backoff',
  step->>'solo', step->>'payload', step->>'payloadBytes' + length(CAST(outcome AS BLOB)), at, step->>'callback', job_id,
  outcome
FROM (
  SELECT g.tenant_id AS tenant_id, e.at AS at, e.job_id AS job_id, g.on_complete AS step, ${OUTCOME} AS outcome
  FROM ${COMPLETED})
WHERE true
ON CONFLICT DO NOTHING
RETURNING tenant_id AS tenantId, parent_id AS parentId, due_at AS dueAt`;

const NAME_BLOBS = `
INSERT INTO job_blobs (tenant_id, blob_id, job_id)
SELECT g.tenant_id, b.value, ${followUpIdSql("g.on_complete->>'key'", "e.at")}
FROM ${COMPLETED} CROSS JOIN json_each(g.on_complete, '$.blobs') b
WHERE true
ON CONFLICT DO NOTHING`;

/**
 * The statements that end groups together with the last of their jobs, and insert what follows on that; or stop groups
 * with the first that has failed. After the statements that insert the next jobs of chains: those are members too.
 */
export function endGroups(db: D1Database, ending: readonly EndingJob[]): D1PreparedStatement[] {
  const json = endingJson(ending);
  return [STOP, COMPLETE, INSERT_ON_COMPLETE, NAME_BLOBS].map((sql) => db.prepare(sql).bind(json));
}
