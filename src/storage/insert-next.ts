import { type EndingJob, endingJson, followUpIdSql, HAVE_ENDED } from "./ending-jobs.ts";

const FOLLOWS = "j.next IS NOT NULL AND j.next->>'on' IN ('both', iif(j.state = 'succeeded', 'success', 'failure'))";

/** The step that follows on `j`. */
const STEP = "j.next->iif(j.state = 'succeeded', '$.steps[0]', '$.onFailure')";

// What comes after the step: the same for each step, until only what follows on a failure is left, or nothing.
const REST = `CASE WHEN j.state <> 'succeeded' THEN NULL
  WHEN json_array_length(j.next, '$.steps') > 1 THEN json_remove(j.next, '$.steps[0]')
  WHEN j.next->'$.onFailure' IS NOT NULL THEN json_set(json_remove(j.next, '$.steps[0]'), '$.on', 'failure') END`;

const FAILURE = `json_object('id', j.id, 'type', j.type, 'state', j.state, 'cancelReason', j.cancel_reason,
  'error', iif(j.errors IS NULL, NULL, json_object('kind', j.errors->>'$[#-1].kind',
    'name', j.errors->>'$[#-1].name', 'message', j.errors->>'$[#-1].message')))`;

// A chain that has failed is no member of a group any more: the link that has failed is what counts there.
const INSERT_NEXT = `
INSERT INTO jobs (tenant_id, id, state, type, queue, priority, due_at, expires_at, max_attempts, timeout_ms, backoff, solo,
  payload, payload_bytes, created_at, callback, trace_parent, parent_id, group_id, next, previous, previous_blob)
SELECT tenant_id, ${followUpIdSql("step->>'key'", "finished_at")}, 'scheduled', step->>'type', step->>'queue',
  step->>'priority', finished_at + step->>'delayMs', finished_at + step->>'expireInMs', step->>'maxAttempts',
  step->>'timeoutMs', step->>'backoff', step->>'solo', step->>'payload',
  step->>'payloadBytes' + coalesce(length(CAST(came_of AS BLOB)), 0), finished_at, step->>'callback', trace_parent, id,
  iif(succeeded, group_id, NULL), rest, came_of, iif(succeeded, result_blob, NULL)
FROM (
  SELECT j.*, j.state = 'succeeded' AS succeeded, ${STEP} AS step, ${REST} AS rest,
    iif(j.state = 'succeeded', j.result, ${FAILURE}) AS came_of
  FROM ${HAVE_ENDED}
  WHERE ${FOLLOWS})
WHERE true
ON CONFLICT DO NOTHING
RETURNING tenant_id AS tenantId, parent_id AS parentId, due_at AS dueAt`;

// Blobs that the result before it names, or its own payload. What will be named by steps after that is named here too,
// or nobody might name it until then.
const NAME_BLOBS = `
INSERT INTO job_blobs (tenant_id, blob_id, job_id)
SELECT c.tenant_id, b.value, c.id
FROM ${HAVE_ENDED}
CROSS JOIN jobs c ON c.tenant_id = j.tenant_id AND c.id = ${followUpIdSql(`(${STEP})->>'key'`, "j.finished_at")}
CROSS JOIN json_each((
  SELECT json_group_array(named) FROM (
    SELECT r.value AS named FROM json_each(e.value->3) r WHERE j.state = 'succeeded'
    UNION SELECT o.value FROM json_each((${STEP}), '$.blobs') o
    UNION SELECT l.value FROM json_each(c.next, '$.steps') s CROSS JOIN json_each(s.value, '$.blobs') l
    UNION SELECT f.value FROM json_each(c.next, '$.onFailure.blobs') f))) b
WHERE ${FOLLOWS}
ON CONFLICT DO NOTHING`;

/** The statements that insert the next jobs of chains, with what came of the job before them; and name their blobs. */
export function insertNext(db: D1Database, ending: readonly EndingJob[]): D1PreparedStatement[] {
  const json = endingJson(ending);
  return [db.prepare(INSERT_NEXT).bind(json), db.prepare(NAME_BLOBS).bind(json)];
}
