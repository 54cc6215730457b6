import {
  CALLBACK_PRIORITY,
  CALLBACK_QUEUE,
  CALLBACK_RETRY,
  CALLBACK_TIMEOUT_MS,
  CALLBACK_TYPE,
} from "../domain/callback.ts";
import { type EndingJob, endingJson, followUpIdSql, HAVE_ENDED } from "./ending-jobs.ts";

/** Bytes of a result that a callback carries: the whole message stays within what receivers take for sure. */
const RESULT_BYTES = 16_384;

const iso = (time: string) => `strftime('%Y-%m-%dT%H:%M:%fZ', ${time} / 1000.0, 'unixepoch')`;

// A result that SQLite does not take for JSON, since it is nested too deep, is left out as a large one is.
const FITS = `j.result IS NOT NULL AND length(CAST(j.result AS BLOB)) <= ${RESULT_BYTES} AND json_valid(j.result)`;

const EVENT = `json_object('type', 'job.' || j.state, 'timestamp', ${iso("j.finished_at")}, 'data', json_object(
    'id', j.id, 'type', j.type, 'queue', j.queue, 'state', j.state, 'attempt', j.attempt,
    'createdAt', ${iso("j.created_at")}, 'finishedAt', ${iso("j.finished_at")},
    'result', iif(${FITS}, json(j.result), NULL),
    'resultOmitted', json(iif(coalesce(j.result, j.result_blob) IS NULL OR ${FITS}, 'false', 'true')),
    'cancelReason', iif(j.state = 'cancelled', j.cancel_reason, NULL),
    'error', iif(j.state = 'succeeded' OR j.errors IS NULL, NULL, json_object('kind', j.errors->>'$[#-1].kind',
      'name', j.errors->>'$[#-1].name', 'message', j.errors->>'$[#-1].message'))))`;

const DISABLED = `json_array(json_object('attempt', 0, 'at', finished_at, 'kind', 'error', 'name', 'ReceiverDisabled',
    'message', 'its receiver has answered 410 before, and is disabled'))`;

// The id is that of callbackJobId: time and key are in the row, so that this may be repeated by whoever it was.
const INSERT_CALLBACKS = `
INSERT INTO jobs (tenant_id, id, state, type, queue, priority, due_at, finished_at, errors, max_attempts, timeout_ms,
  backoff, payload, payload_bytes, created_at, parent_id)
SELECT tenant_id, ${followUpIdSql("key", "finished_at")},
  iif(disabled, 'failed', 'scheduled'), ?2, ?3, ?4, iif(disabled, NULL, finished_at), iif(disabled, finished_at, NULL),
  iif(disabled, ${DISABLED}, NULL), ?5, ?6, ?7, payload, length(CAST(payload AS BLOB)), finished_at, id
FROM (
  SELECT j.tenant_id, j.id, j.finished_at, j.callback->>'key' AS key,
    json_object('url', j.callback->>'url', 'event', ${EVENT}) AS payload,
    EXISTS (SELECT 1 FROM disabled_receivers r
      WHERE r.tenant_id = j.tenant_id AND r.url = j.callback->>'url') AS disabled
  FROM ${HAVE_ENDED}
  WHERE j.callback IS NOT NULL
    AND j.callback->>'on' IN ('both', iif(j.state = 'succeeded', 'success', 'failure')))
WHERE true
ON CONFLICT DO NOTHING
RETURNING tenant_id AS tenantId, parent_id AS parentId, due_at AS dueAt`;

/** The statement that inserts the deliveries of callbacks. A receiver that is disabled gets none: it is `failed` from
 * the start, and may be replayed. */
export function insertCallbacks(db: D1Database, ending: readonly EndingJob[]): D1PreparedStatement {
  return db
    .prepare(INSERT_CALLBACKS)
    .bind(
      endingJson(ending),
      CALLBACK_TYPE,
      CALLBACK_QUEUE,
      CALLBACK_PRIORITY,
      CALLBACK_RETRY.maxAttempts,
      CALLBACK_TIMEOUT_MS,
      JSON.stringify(CALLBACK_RETRY.backoff),
    );
}
