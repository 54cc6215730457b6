/** Receivers that are remembered as disabled, per tenant: past it the oldest are forgotten, and asked again. */
export const MOST_DISABLED_RECEIVERS = 1_000;

/** A receiver of callbacks that has answered 410. */
export interface DisabledReceiver {
  readonly url: string;
  /** Milliseconds since the epoch. */
  readonly disabledAt: number;
  /** The delivery that was answered so. */
  readonly jobId: string;
}

/** All of a tenant's, the latest first. */
export async function listDisabledReceivers(db: D1Database, tenantId: string): Promise<DisabledReceiver[]> {
  const { results } = await db
    .prepare(
      `SELECT url, disabled_at AS disabledAt, job_id AS jobId FROM disabled_receivers
       WHERE tenant_id = ?1 ORDER BY disabled_at DESC, url LIMIT ${MOST_DISABLED_RECEIVERS}`,
    )
    .bind(tenantId)
    .all<DisabledReceiver>();
  return results;
}

/** Whether nothing is to be sent to this URL. Reads a row at most. */
export async function isDisabled(db: D1Database, tenantId: string, url: string): Promise<boolean> {
  const row = await db
    .prepare("SELECT 1 FROM disabled_receivers WHERE tenant_id = ?1 AND url = ?2")
    .bind(tenantId, url)
    .first();
  return row !== null;
}

/** Remembers that nothing more is to be sent to this URL. Safe to repeat: the first answer stands. */
export async function disableReceiver(
  db: D1Database,
  tenantId: string,
  { url, disabledAt, jobId }: DisabledReceiver,
): Promise<void> {
  await db.batch([
    db
      .prepare(
        `INSERT INTO disabled_receivers (tenant_id, url, disabled_at, job_id) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO NOTHING`,
      )
      .bind(tenantId, url, disabledAt, jobId),
    db
      .prepare(
        `DELETE FROM disabled_receivers WHERE tenant_id = ?1 AND url IN (
           SELECT url FROM disabled_receivers WHERE tenant_id = ?1
           ORDER BY disabled_at DESC, url LIMIT -1 OFFSET ${MOST_DISABLED_RECEIVERS})`,
      )
      .bind(tenantId),
  ]);
}

/** Has callbacks sent to this URL again; false when it was not disabled. */
export async function enableReceiver(db: D1Database, tenantId: string, url: string): Promise<boolean> {
  const row = await db
    .prepare("DELETE FROM disabled_receivers WHERE tenant_id = ?1 AND url = ?2 RETURNING url")
    .bind(tenantId, url)
    .first();
  return row !== null;
}
