import { CALLBACK_QUEUE, CALLBACK_RETRY, CALLBACK_TIMEOUT_MS, CALLBACK_TYPE } from "../domain/callback.ts";

const DISABLED = `json_array(json_object('attempt', 0, 'at', at, 'kind', 'error', 'name', 'ReceiverDisabled',
    'message', 'its receiver has answered 410 before, and is disabled'))`;

/**
 * The statement that inserts jobs which deliver something to a URL, due at once: the gate finds them even if nobody
 * tells it. Safe to repeat: its results are those that are new. A receiver that is disabled gets none: the delivery is
 * `failed` from the start, and may be replayed.
 * @param source the SELECT of their `tenant_id`, `id`, `at`, `parent_id`, `url` and `payload`
 * @param values what it selects from, as JSON in ?1
 */
export function insertDeliveries(
  db: D1Database,
  source: string,
  values: readonly unknown[],
  priority: number,
): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO jobs (tenant_id, id, state, type, queue, priority, due_at, finished_at, errors, max_attempts, timeout_ms,
         backoff, payload, payload_bytes, created_at, parent_id)
       SELECT tenant_id, id, iif(disabled, 'failed', 'scheduled'), ?2, ?3, ?4, iif(disabled, NULL, at),
         iif(disabled, at, NULL), iif(disabled, ${DISABLED}, NULL), ?5, ?6, ?7, payload,
         length(CAST(payload AS BLOB)), at, parent_id
       FROM (SELECT s.*, EXISTS (SELECT 1 FROM disabled_receivers r
         WHERE r.tenant_id = s.tenant_id AND r.url = s.url) AS disabled FROM (${source}) s)
       WHERE true
       ON CONFLICT DO NOTHING
       RETURNING tenant_id AS tenantId, parent_id AS parentId, due_at AS dueAt`,
    )
    .bind(
      JSON.stringify(values),
      CALLBACK_TYPE,
      CALLBACK_QUEUE,
      priority,
      CALLBACK_RETRY.maxAttempts,
      CALLBACK_TIMEOUT_MS,
      JSON.stringify(CALLBACK_RETRY.backoff),
    );
}
