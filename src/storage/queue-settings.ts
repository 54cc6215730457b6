import { patternsOf, type QueueSettings } from "../domain/queue-settings.ts";

/** Queues and patterns with settings of their own, per tenant. */
export const MOST_QUEUE_SETTINGS = 1_000;

/** A queue's settings as they are kept. Times are milliseconds since the epoch. */
export interface StoredQueueSettings extends QueueSettings {
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What has become of a change. */
export type QueueChange =
  | { readonly kind: "created" | "replaced"; readonly settings: StoredQueueSettings }
  /** There are {@link MOST_QUEUE_SETTINGS} already; nothing has changed. */
  | { readonly kind: "too_many" };

interface Row {
  name: string;
  concurrency: number | null;
  rateLimit: number | null;
  ratePeriodMs: number | null;
  paused: number;
  createdAt: number;
  updatedAt: number;
}

const COLUMNS = `name, concurrency, rate_limit AS rateLimit, rate_period_ms AS ratePeriodMs, paused,
  created_at AS createdAt, updated_at AS updatedAt`;

/** All of a tenant's queue settings, by name. */
export async function listQueueSettings(db: D1Database, tenantId: string): Promise<StoredQueueSettings[]> {
  const { results } = await db
    .prepare(`SELECT ${COLUMNS} FROM queues WHERE tenant_id = ?1 ORDER BY name LIMIT ${MOST_QUEUE_SETTINGS}`)
    .bind(tenantId)
    .all<Row>();
  return results.map(settings);
}

/** The settings given for this very name or pattern, or null. */
export async function readQueueSettings(
  db: D1Database,
  tenantId: string,
  name: string,
): Promise<StoredQueueSettings | null> {
  const row = await db
    .prepare(`SELECT ${COLUMNS} FROM queues WHERE tenant_id = ?1 AND name = ?2`)
    .bind(tenantId, name)
    .first<Row>();
  return row === null ? null : settings(row);
}

/** Gives a queue these settings, in place of any it had. */
export function putQueueSettings(
  db: D1Database,
  tenantId: string,
  { name, concurrency, rate, paused }: QueueSettings,
  now: number,
): Promise<QueueChange> {
  const values = [concurrency, rate?.limit ?? null, rate?.periodMs ?? null, paused ? 1 : 0];
  const upsert = db
    .prepare(
      `INSERT INTO queues (tenant_id, name, created_at, updated_at, concurrency, rate_limit, rate_period_ms, paused)
       SELECT ?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7 WHERE ${HAS_PLACE}
       ON CONFLICT (tenant_id, name) DO UPDATE SET updated_at = excluded.updated_at, concurrency = excluded.concurrency,
         rate_limit = excluded.rate_limit, rate_period_ms = excluded.rate_period_ms, paused = excluded.paused
       RETURNING ${COLUMNS}`,
    )
    .bind(tenantId, name, now, ...values);
  return change(db, tenantId, name, upsert);
}

/**
 * Pauses a queue, which keeps its other settings. One that had none of its own gets the limits of the pattern that
 * was in force for it: they must still hold when it is resumed.
 */
export function pauseQueue(db: D1Database, tenantId: string, name: string, now: number): Promise<QueueChange> {
  const upsert = db
    .prepare(
      `INSERT INTO queues (tenant_id, name, created_at, updated_at, concurrency, rate_limit, rate_period_ms, paused)
       SELECT ?1, ?2, ?3, ?3, p.concurrency, p.rate_limit, p.rate_period_ms, 1
       FROM (SELECT 1) LEFT JOIN (SELECT * FROM queues
         WHERE tenant_id = ?1 AND name IN (SELECT value FROM json_each(?4)) ORDER BY length(name) DESC LIMIT 1) p ON true
       WHERE ${HAS_PLACE}
       ON CONFLICT (tenant_id, name) DO UPDATE SET paused = 1, updated_at = excluded.updated_at
       RETURNING ${COLUMNS}`,
    )
    .bind(tenantId, name, now, JSON.stringify(patternsOf(name)));
  return change(db, tenantId, name, upsert);
}

/** Resumes a queue, which keeps its other settings; null when it has none. */
export async function resumeQueue(
  db: D1Database,
  tenantId: string,
  name: string,
  now: number,
): Promise<StoredQueueSettings | null> {
  const row = await db
    .prepare(`UPDATE queues SET paused = 0, updated_at = ?3 WHERE tenant_id = ?1 AND name = ?2 RETURNING ${COLUMNS}`)
    .bind(tenantId, name, now)
    .first<Row>();
  return row === null ? null : settings(row);
}

/** Takes a queue's settings away; false when it had none. */
export async function deleteQueueSettings(db: D1Database, tenantId: string, name: string): Promise<boolean> {
  const row = await db
    .prepare("DELETE FROM queues WHERE tenant_id = ?1 AND name = ?2 RETURNING name")
    .bind(tenantId, name)
    .first();
  return row !== null;
}

const HAS_PLACE = `(EXISTS (SELECT 1 FROM queues WHERE tenant_id = ?1 AND name = ?2)
  OR (SELECT count(*) FROM queues WHERE tenant_id = ?1) < ${MOST_QUEUE_SETTINGS})`;

// One transaction, so that of two callers at once only one is told that it has made the row.
async function change(
  db: D1Database,
  tenantId: string,
  name: string,
  upsert: D1PreparedStatement,
): Promise<QueueChange> {
  const known = db.prepare("SELECT name FROM queues WHERE tenant_id = ?1 AND name = ?2").bind(tenantId, name);
  const [before, after] = await db.batch<Row>([known, upsert]);
  const [row] = after?.results ?? [];
  if (row === undefined) return { kind: "too_many" };
  return { kind: before?.results.length === 0 ? "created" : "replaced", settings: settings(row) };
}

function settings({ rateLimit, ratePeriodMs, paused, ...row }: Row): StoredQueueSettings {
  const rate = rateLimit === null || ratePeriodMs === null ? null : { limit: rateLimit, periodMs: ratePeriodMs };
  return { ...row, rate, paused: paused === 1 };
}
