import { CALLBACK_PRIORITY } from "../domain/callback.ts";
import { insertDeliveries } from "./insert-deliveries.ts";

/** A job that a statement of the same batch ends, if it does, at this time. */
export interface EndingJob {
  readonly tenantId: string;
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A job that follows on the end of another. */
export interface FollowUp {
  readonly tenantId: string;
  readonly parentId: string;
  /** Null when there is nothing to be done about it. */
  readonly dueAt: number | null;
}

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

// The id is that of callbackJobId: time and key are in the row, so that this may be repeated by whoever it was.
const CALLBACKS = `
SELECT j.tenant_id, printf('%08x-%04x-', j.finished_at >> 16, j.finished_at & 65535) || (j.callback->>'key') AS id,
  j.finished_at AS at, j.id AS parent_id, j.callback->>'url' AS url,
  json_object('url', j.callback->>'url', 'event', ${EVENT}) AS payload
FROM json_each(?1) e CROSS JOIN jobs j
WHERE j.tenant_id = e.value->>0 AND j.id = e.value->>1 AND j.finished_at = e.value->>2 AND j.callback IS NOT NULL
  AND j.callback->>'on' IN ('both', iif(j.state = 'succeeded', 'success', 'failure'))`;

/**
 * The statement that inserts what follows on the end of jobs: at present the deliveries of their callbacks. It stands
 * in the batch of whatever ends them, after it, and looks at what that has done: a job that has not ended, or not at
 * this time, has no follow-ups. They wait for a time that has come, so that the gate finds them even if nobody tells
 * it. Safe to repeat: its results are those that are new. A receiver that is disabled gets none: the delivery is
 * `failed` from the start, and may be replayed.
 */
export function insertFollowUps(db: D1Database, ending: readonly EndingJob[]): D1PreparedStatement {
  const ended = ending.map(({ tenantId, id, at }) => [tenantId, id, at]);
  return insertDeliveries(db, CALLBACKS, ended, CALLBACK_PRIORITY);
}
