import { and, asc, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { type AlertRow, alerts } from "./schema/alerts.ts";

/** Alerts that a tenant may have. */
export const MOST_ALERTS = 20;

/** What a caller decides about an alert. */
export type AlertSettings = Pick<
  AlertRow,
  "name" | "measure" | "queue" | "threshold" | "windowMs" | "minEvents" | "url"
>;

// What changes nothing writes nothing. Whether it fires is for the next evaluation to say, by its new settings.
const PUT = `
INSERT INTO alerts (tenant_id, name, measure, queue, threshold, window_ms, min_events, url, state, since, created_at, updated_at)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'ok', ?9, ?9, ?9
WHERE EXISTS (SELECT 1 FROM alerts WHERE tenant_id = ?1 AND name = ?2)
  OR (SELECT count(*) FROM alerts WHERE tenant_id = ?1) < ${MOST_ALERTS}
ON CONFLICT (tenant_id, name) DO UPDATE SET measure = excluded.measure, queue = excluded.queue,
  threshold = excluded.threshold, window_ms = excluded.window_ms, min_events = excluded.min_events, url = excluded.url,
  updated_at = max(alerts.updated_at + 1, excluded.updated_at)
WHERE (alerts.measure, alerts.queue, alerts.threshold, alerts.window_ms, alerts.min_events, alerts.url)
  IS NOT (excluded.measure, excluded.queue, excluded.threshold, excluded.window_ms, excluded.min_events, excluded.url)
RETURNING created_at = updated_at AS created`;

/**
 * Makes an alert, or changes it into this. Harmless when repeated.
 * @returns whether it is new, and what it is now; null when the tenant has as many as it may
 */
export async function putAlert(
  db: D1Database,
  tenantId: string,
  { name, measure, queue, threshold, windowMs, minEvents, url }: AlertSettings,
  now: number,
): Promise<{ readonly created: boolean; readonly row: AlertRow } | null> {
  const created = await db
    .prepare(PUT)
    .bind(tenantId, name, measure, queue, threshold, windowMs, minEvents, url, now)
    .first<number>("created");
  const row = await readAlert(db, tenantId, name);
  return row === null ? null : { created: created === 1, row };
}

/** One alert of the tenant, or null. */
export async function readAlert(db: D1Database, tenantId: string, name: string): Promise<AlertRow | null> {
  const [row] = await drizzle(db).select().from(alerts).where(named(tenantId, name));
  return row ?? null;
}

/** All of a tenant's alerts, by name. */
export async function listAlerts(db: D1Database, tenantId: string): Promise<AlertRow[]> {
  return drizzle(db).select().from(alerts).where(eq(alerts.tenantId, tenantId)).orderBy(asc(alerts.name));
}

/** False when there is no such alert. What it has told stays, and one that fires is not told to have recovered. */
export async function deleteAlert(db: D1Database, tenantId: string, name: string): Promise<boolean> {
  const deleted = await drizzle(db).delete(alerts).where(named(tenantId, name)).returning({ name: alerts.name });
  return deleted.length > 0;
}

function named(tenantId: string, name: string) {
  return and(eq(alerts.tenantId, tenantId), eq(alerts.name, name));
}
