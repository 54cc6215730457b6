import { and, asc, eq, getTableColumns, gt, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { MissedPolicy, Overlap } from "../domain/schedule.ts";
import { type ScheduleRow, schedules } from "./schema/schedules.ts";

/** Schedules that a tenant may have. */
export const MOST_SCHEDULES = 1_000;

/** What a caller decides about a schedule. */
export interface ScheduleSettings {
  readonly name: string;
  readonly cron: string;
  readonly timezone: string;
  readonly overlap: Overlap;
  readonly missed: MissedPolicy;
  readonly paused: boolean;
  /** `ScheduledDraft` as JSON. */
  readonly draft: string;
  /** The first tick after now, should the schedule begin now; null when it is paused. */
  readonly nextAt: number | null;
}

// What changes nothing writes nothing. A tick that is due stays due, unless the schedule begins anew: with another cron or timezone, or after a pause.
const PUT = `
INSERT INTO schedules (tenant_id, name, cron, timezone, overlap, missed, paused, next_at, created_at, updated_at, draft)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10
WHERE EXISTS (SELECT 1 FROM schedules WHERE tenant_id = ?1 AND name = ?2)
  OR (SELECT count(*) FROM schedules WHERE tenant_id = ?1) < ${MOST_SCHEDULES}
ON CONFLICT (tenant_id, name) DO UPDATE SET cron = excluded.cron, timezone = excluded.timezone,
  overlap = excluded.overlap, missed = excluded.missed, paused = excluded.paused, draft = excluded.draft,
  next_at = iif(excluded.paused = 0 AND schedules.paused = 0 AND schedules.cron = excluded.cron
    AND schedules.timezone = excluded.timezone, schedules.next_at, excluded.next_at),
  updated_at = max(schedules.updated_at + 1, excluded.updated_at)
WHERE (schedules.cron, schedules.timezone, schedules.overlap, schedules.missed, schedules.paused, schedules.draft)
  IS NOT (excluded.cron, excluded.timezone, excluded.overlap, excluded.missed, excluded.paused, excluded.draft)
RETURNING created_at = updated_at AS created`;

/**
 * Makes a schedule, or changes it into this. Harmless when repeated.
 * @returns whether it is new, and what it is now; null when the tenant has as many as it may
 */
export async function putSchedule(
  db: D1Database,
  tenantId: string,
  { name, cron, timezone, overlap, missed, paused, nextAt, draft }: ScheduleSettings,
  now: number,
): Promise<{ readonly created: boolean; readonly row: ScheduleRow } | null> {
  const created = await db
    .prepare(PUT)
    .bind(tenantId, name, cron, timezone, overlap, missed, paused ? 1 : 0, nextAt, now, draft)
    .first<number>("created");
  const row = await readSchedule(db, tenantId, name);
  return row === null ? null : { created: created === 1, row };
}

/** One schedule of the tenant, or null. */
export async function readSchedule(db: D1Database, tenantId: string, name: string): Promise<ScheduleRow | null> {
  const [row] = await drizzle(db).select().from(schedules).where(named(tenantId, name));
  return row ?? null;
}

/**
 * A page of the tenant's schedules by name, without the payloads of their jobs.
 * @param types all that a schedule enqueues must be of these; null: of any
 */
export async function listSchedules(
  db: D1Database,
  tenantId: string,
  afterName: string,
  limit: number,
  types: readonly string[] | null = null,
): Promise<ScheduleRow[]> {
  const draft = sql<string>`json_remove(${schedules.draft}, '$.payload', '$.next')`;
  const allowed = sql`(SELECT value FROM json_each(${JSON.stringify(types)}))`;
  const follows = sql`json_tree(${schedules.draft}, '$.flow') t WHERE t.key = 'type' AND t.value NOT IN ${allowed}`;
  const ofTypes = types && sql`${schedules.draft}->>'type' IN ${allowed} AND NOT EXISTS (SELECT 1 FROM ${follows})`;
  return drizzle(db)
    .select({ ...getTableColumns(schedules), draft })
    .from(schedules)
    .where(and(eq(schedules.tenantId, tenantId), gt(schedules.name, afterName), ofTypes ?? undefined))
    .orderBy(asc(schedules.name))
    .limit(limit);
}

/** False when there is no such schedule. Jobs that it has enqueued stay. */
export async function deleteSchedule(db: D1Database, tenantId: string, name: string): Promise<boolean> {
  const deleted = await drizzle(db).delete(schedules).where(named(tenantId, name)).returning({ name: schedules.name });
  return deleted.length > 0;
}

export async function pauseSchedule(db: D1Database, tenantId: string, name: string, now: number): Promise<void> {
  await db
    .prepare(
      `UPDATE schedules SET paused = 1, next_at = NULL, updated_at = max(updated_at + 1, ?3)
       WHERE tenant_id = ?1 AND name = ?2 AND paused = 0`,
    )
    .bind(tenantId, name, now)
    .run();
}

/**
 * Lets a paused schedule tick again, provided that it is still as it was read.
 * @param nextAt its first tick after now
 */
export async function resumeSchedule(
  db: D1Database,
  { tenantId, name, updatedAt }: ScheduleRow,
  nextAt: number | null,
  now: number,
): Promise<void> {
  await db
    .prepare(
      `UPDATE schedules SET paused = 0, next_at = ?4, updated_at = max(updated_at + 1, ?5)
       WHERE tenant_id = ?1 AND name = ?2 AND updated_at = ?3 AND paused = 1`,
    )
    .bind(tenantId, name, updatedAt, nextAt, now)
    .run();
}

function named(tenantId: string, name: string) {
  return and(eq(schedules.tenantId, tenantId), eq(schedules.name, name));
}
