import { ALERT_PRIORITY } from "../domain/callback.ts";
import { derivedJobId } from "../domain/id.ts";
import type { Region } from "../domain/region.ts";
import type { AlertEvent } from "../protocol/alert-view.ts";
import { sha256 } from "../protocol/sha256.ts";
import { insertDeliveries } from "./insert-deliveries.ts";
import type { AlertRow } from "./schema/alerts.ts";

/** An alert, and where its tenant's gate is. */
export type WatchedAlert = Omit<AlertRow, "createdAt"> & Region;

/** An alert that is to change its state, and what its receiver is told of that. */
export interface AlertChange {
  /** As it was read. */
  readonly alert: WatchedAlert;
  readonly state: AlertRow["state"];
  readonly value: number | null;
  readonly event: AlertEvent;
}

/** Alerts of tenants that are neither suspended nor being deleted, those after this one in their order. */
export async function findAlerts(
  db: D1Database,
  after: { readonly tenantId: string; readonly name: string },
  limit: number,
): Promise<WatchedAlert[]> {
  const { results } = await db
    .prepare(
      `SELECT a.tenant_id AS tenantId, a.name, a.measure, a.queue, a.threshold, a.window_ms AS windowMs,
         a.min_events AS minEvents, a.url, a.state, a.since, a.value, a.job_id AS jobId, a.ask_until AS askUntil,
         a.updated_at AS updatedAt, t.location_hint AS locationHint, t.jurisdiction
       FROM alerts a CROSS JOIN tenants t
       WHERE (a.tenant_id, a.name) > (?1, ?2) AND t.id = a.tenant_id AND t.suspended_at IS NULL AND t.deleted_at IS NULL
       ORDER BY a.tenant_id, a.name LIMIT ?3`,
    )
    .bind(after.tenantId, after.name, limit)
    .all<WatchedAlert>();
  return results;
}

// Guarded by what was read: of two that have looked at the same alert one changes it, and none that was changed since.
const CHANGE = `
UPDATE alerts SET state = c.value->>4, since = ?2, value = c.value->>5, job_id = c.value->>6
FROM json_each(?1) c
WHERE alerts.tenant_id = c.value->>0 AND alerts.name = c.value->>1 AND alerts.since = c.value->>2
  AND alerts.updated_at = c.value->>3 AND alerts.state <> c.value->>4
  AND EXISTS (SELECT 1 FROM tenants WHERE id = alerts.tenant_id AND suspended_at IS NULL AND deleted_at IS NULL)
RETURNING name`;

// Only what has become its alert's last delivery is inserted.
const DELIVERIES = `
SELECT a.tenant_id, a.job_id AS id, c.value->>2 AS at, NULL AS parent_id, a.url,
  json_object('url', a.url, 'event', json(c.value->'$[4]')) AS payload
FROM json_each(?1) c CROSS JOIN alerts a
WHERE a.tenant_id = c.value->>0 AND a.name = c.value->>1 AND a.job_id = c.value->>3`;

/**
 * Changes the states of alerts, and inserts with each change the job that tells of it, in one transaction: both or
 * neither. An alert that is no longer as it was read stays as it is, and nothing is told.
 * @param now milliseconds since the epoch
 * @returns the names of those that it has changed
 */
export async function changeAlerts(
  db: D1Database,
  changes: readonly AlertChange[],
  now: number,
): Promise<ReadonlySet<string>> {
  const named = await Promise.all(changes.map(async (change) => ({ ...change, jobId: await jobIdOf(change, now) })));
  const rows = named.map(({ alert: { tenantId, name, since, updatedAt }, state, value, jobId }) => {
    return [tenantId, name, since, updatedAt, state, value, jobId];
  });
  const events = named.map(({ alert: { tenantId, name }, jobId, event }) => [tenantId, name, now, jobId, event]);
  const [changed] = await db.batch<{ name: string }>([
    db.prepare(CHANGE).bind(JSON.stringify(rows), now),
    insertDeliveries(db, DELIVERIES, events, ALERT_PRIORITY),
  ]);
  return new Set(changed?.results.map(({ name }) => name));
}

// It follows from the change: who makes the same one makes the same one job of it.
async function jobIdOf({ alert: { tenantId, name }, state }: AlertChange, now: number): Promise<string> {
  return derivedJobId(now, await sha256(JSON.stringify([tenantId, "alert", name, state])));
}

/** Remembers until when a tenant's gate may have counted something that its alerts are about. */
export async function askGateUntil(db: D1Database, tenantId: string, until: number): Promise<void> {
  await db
    .prepare(
      `UPDATE alerts SET ask_until = ?2
       WHERE tenant_id = ?1 AND window_ms IS NOT NULL AND (ask_until IS NULL OR ask_until < ?2)`,
    )
    .bind(tenantId, until)
    .run();
}
