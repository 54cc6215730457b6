import type { Region } from "../domain/region.ts";
import type { GatePlace } from "./gate-state.ts";

/** Tables that may hold any number of a tenant's rows: they are emptied a little at a time, in this order. */
const LARGE_TABLES = { jobs: "id", job_groups: "id", job_blobs: "blob_id, job_id" } as const;
/** Tables in which a tenant has no more rows than a cap: they go at once, and the tenant with them. */
const SMALL_TABLES = [
  "plans",
  "schedules",
  "queues",
  "signing_secrets",
  "endpoints",
  "endpoint_rejections",
  "disabled_receivers",
  "alerts",
  "api_keys",
] as const;

/** Every table with rows of tenants. */
export const TENANT_TABLES: readonly string[] = [...Object.keys(LARGE_TABLES), ...SMALL_TABLES];

/**
 * Tenants after `afterId` that were deleted before `times.all`, or before `times.idle` with no job in flight since: what
 * still runs is waited for, as long as that makes sense.
 */
export async function findDeletedTenants(
  db: D1Database,
  times: { readonly idle: number; readonly all: number },
  afterId: string,
  limit: number,
): Promise<GatePlace[]> {
  const { results } = await db
    .prepare(
      `SELECT id, location_hint AS locationHint, jurisdiction FROM tenants t INDEXED BY tenants_deleted
       WHERE deleted_at IS NOT NULL AND deleted_at < ?1 AND id > ?3 AND (deleted_at < ?2 OR NOT EXISTS (
         SELECT 1 FROM jobs INDEXED BY jobs_timed WHERE tenant_id = t.id AND released = 1 AND due_at IS NOT NULL))
       ORDER BY id LIMIT ?4`,
    )
    .bind(times.idle, times.all, afterId, limit)
    .all<{ id: string } & Region>();
  return results.map(({ id, ...region }) => ({ tenantId: id, region }));
}

/** Deletes up to `limit` of the rows of which a tenant may have many; false when there are no more. */
export async function deleteTenantRows(db: D1Database, tenantId: string, limit: number): Promise<boolean> {
  for (const [table, key] of Object.entries(LARGE_TABLES)) {
    const { meta } = await db
      .prepare(
        `DELETE FROM ${table} WHERE tenant_id = ?1 AND (${key}) IN (
           SELECT ${key} FROM ${table} WHERE tenant_id = ?1 LIMIT ?2)`,
      )
      .bind(tenantId, limit)
      .run();
    if (meta.changes > 0) return true;
  }
  return false;
}

/** Deletes what is left of a deleted tenant, and the tenant itself: its id can be used again then. */
export async function deleteTenant(db: D1Database, tenantId: string): Promise<void> {
  const isDeleted = "EXISTS (SELECT 1 FROM tenants WHERE id = ?1 AND deleted_at IS NOT NULL)";
  await db.batch([
    ...SMALL_TABLES.map((table) =>
      db.prepare(`DELETE FROM ${table} WHERE tenant_id = ?1 AND ${isDeleted}`).bind(tenantId),
    ),
    db.prepare("DELETE FROM tenants WHERE id = ?1 AND deleted_at IS NOT NULL").bind(tenantId),
  ]);
}
