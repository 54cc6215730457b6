/** Rejections kept of one endpoint: the newest. */
export const MOST_REJECTIONS = 100;

/** Webhooks that an endpoint has refused. */
export interface StoredRejection {
  /** Ordered by time. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly cause: string;
  readonly detail: string | null;
  readonly userAgent: string | null;
  /** How many it stands for. */
  readonly count: number;
}

interface EndpointPlace {
  readonly tenantId: string;
  readonly id: string;
}

/** Writes down a rejection, and forgets those past {@link MOST_REJECTIONS}. */
export async function insertRejection(
  db: D1Database,
  { tenantId, id: endpointId }: EndpointPlace,
  { id, at, cause, detail, userAgent, count }: StoredRejection,
): Promise<void> {
  const insert = db
    .prepare(
      `INSERT INTO endpoint_rejections (tenant_id, endpoint_id, id, at, cause, detail, user_agent, count)
       SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE EXISTS (SELECT 1 FROM endpoints WHERE tenant_id = ?1 AND id = ?2)`,
    )
    .bind(tenantId, endpointId, id, at, cause, detail, userAgent, count);
  const trim = db
    .prepare(
      `DELETE FROM endpoint_rejections WHERE tenant_id = ?1 AND endpoint_id = ?2 AND id <= (
         SELECT id FROM endpoint_rejections WHERE tenant_id = ?1 AND endpoint_id = ?2
         ORDER BY id DESC LIMIT 1 OFFSET ${MOST_REJECTIONS})`,
    )
    .bind(tenantId, endpointId);
  await db.batch([insert, trim]);
}

/** What an endpoint has refused of late, the newest first. */
export async function listRejections(
  db: D1Database,
  { tenantId, id }: EndpointPlace,
  limit: number,
): Promise<StoredRejection[]> {
  const { results } = await db
    .prepare(
      `SELECT id, at, cause, detail, user_agent AS userAgent, count FROM endpoint_rejections
       WHERE tenant_id = ?1 AND endpoint_id = ?2 ORDER BY id DESC LIMIT ?3`,
    )
    .bind(tenantId, id, limit)
    .all<StoredRejection>();
  return results;
}
