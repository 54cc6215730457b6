/** Makes every job of the tenant that waits for a later time due now. */
export async function bringForward(db: D1Database, tenantId: string, now: number): Promise<void> {
  await db
    .prepare(
      `UPDATE jobs INDEXED BY jobs_timed SET due_at = ?2
       WHERE tenant_id = ?1 AND released = 0 AND due_at IS NOT NULL AND due_at > ?2`,
    )
    .bind(tenantId, now)
    .run();
}
