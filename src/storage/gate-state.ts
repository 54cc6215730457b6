import { firstJobIdAt } from "../domain/id.ts";
import type { Region } from "../domain/region.ts";
import { IS_ISOLATED } from "./is-isolated.ts";

/** A job that holds one of its tenant's slots. */
export interface SlotRow {
  readonly id: string;
  readonly queue: string;
  readonly state: "queued" | "running";
  readonly attempt: number;
  readonly isolated: number;
  readonly solo: number;
  readonly payloadBytes: number;
}

/** The jobs that hold a slot. As many rows are read as the tenant has jobs released or running. */
export async function readSlots(db: D1Database, tenantId: string): Promise<SlotRow[]> {
  const { results } = await db
    .prepare(
      `SELECT id, queue, state, attempt, ${IS_ISOLATED} AS isolated, solo, payload_bytes AS payloadBytes
       FROM jobs INDEXED BY jobs_timed
       WHERE tenant_id = ?1 AND released = 1 AND due_at IS NOT NULL`,
    )
    .bind(tenantId)
    .all<SlotRow>();
  return results;
}

/** The queues in which jobs wait for room. Skips from one queue to the next: reads one row of each. */
export async function readWaitingQueues(db: D1Database, tenantId: string, limit: number): Promise<string[]> {
  const next = (after: string) => `(SELECT queue FROM jobs INDEXED BY jobs_waiting
    WHERE tenant_id = ?1 ${after} AND ready_at IS NOT NULL AND released = 0 ORDER BY queue LIMIT 1)`;
  const { results } = await db
    .prepare(
      `WITH RECURSIVE waiting(queue) AS (
         SELECT ${next("")} UNION ALL SELECT ${next("AND queue > waiting.queue")} FROM waiting WHERE queue IS NOT NULL)
       SELECT queue FROM waiting WHERE queue IS NOT NULL LIMIT ?2`,
    )
    .bind(tenantId, limit)
    .all<{ queue: string }>();
  return results.map((row) => row.queue);
}

/** How many unfinished jobs hold no slot, counted up to `limit` of those that wait for room, and of the others. */
export async function countBacklog(db: D1Database, tenantId: string, limit: number): Promise<number> {
  const row = await db
    .prepare(
      `SELECT (SELECT count(*) FROM (SELECT 1 FROM jobs INDEXED BY jobs_waiting
           WHERE tenant_id = ?1 AND ready_at IS NOT NULL AND released = 0 LIMIT ?2))
         + (SELECT count(*) FROM (SELECT 1 FROM jobs INDEXED BY jobs_timed
           WHERE tenant_id = ?1 AND released = 0 AND due_at IS NOT NULL LIMIT ?2)) AS backlog`,
    )
    .bind(tenantId, limit)
    .first<{ backlog: number }>();
  return row?.backlog ?? 0;
}

/** How many jobs were created with an id of `fromId` or later, counted up to `limit`. */
export async function countSince(db: D1Database, tenantId: string, fromId: string, limit: number): Promise<number> {
  const row = await db
    .prepare("SELECT count(*) AS n FROM (SELECT 1 FROM jobs WHERE tenant_id = ?1 AND id >= ?2 LIMIT ?3)")
    .bind(tenantId, fromId, limit)
    .first<{ n: number }>();
  return row?.n ?? 0;
}

const nextTick = (tenant: string) => `(SELECT next_at FROM schedules INDEXED BY schedules_due
  WHERE tenant_id = ${tenant} AND next_at IS NOT NULL ORDER BY next_at LIMIT 1)`;

/**
 * The earliest time for which a job or a schedule of the tenant waits, or null when none waits for time.
 * @param wanted whether schedules tick
 */
export async function earliestDue(
  db: D1Database,
  tenantId: string,
  wanted: { readonly ticks: boolean } = { ticks: true },
): Promise<number | null> {
  const due = (released: 0 | 1) => `(SELECT due_at FROM jobs INDEXED BY jobs_timed
    WHERE tenant_id = ?1 AND released = ${released} AND due_at IS NOT NULL ORDER BY due_at LIMIT 1)`;
  const expires = `(SELECT expires_at FROM jobs INDEXED BY jobs_expiring
    WHERE tenant_id = ?1 AND expires_at IS NOT NULL AND started_at IS NULL AND finished_at IS NULL
    ORDER BY expires_at LIMIT 1)`;
  const row = await db
    .prepare(
      `SELECT min(time) AS due FROM (SELECT ${due(1)} time UNION ALL SELECT ${due(0)} UNION ALL SELECT ${expires}
         ${wanted.ticks ? `UNION ALL SELECT ${nextTick("?1")}` : ""})`,
    )
    .bind(tenantId)
    .first<{ due: number | null }>();
  return row?.due ?? null;
}

const hasTimed = (tenant: string, released: 0 | 1, until = "") => `EXISTS (SELECT 1 FROM jobs INDEXED BY jobs_timed
  WHERE tenant_id = ${tenant} AND released = ${released} AND due_at IS NOT NULL ${until})`;
const hasWaiting = (tenant: string) => `EXISTS (SELECT 1 FROM jobs INDEXED BY jobs_waiting
  WHERE tenant_id = ${tenant} AND ready_at IS NOT NULL AND released = 0)`;

/** What is left to do for a tenant. */
export interface Remaining {
  /** It has a job that is not finished. */
  readonly unfinished: boolean;
  /** When the first of its schedules ticks; null when none does. */
  readonly nextTick: number | null;
}

/** Reads at most four rows. */
export async function readRemaining(db: D1Database, tenantId: string): Promise<Remaining> {
  const row = await db
    .prepare(
      `SELECT ${hasTimed("?1", 1)} OR ${hasTimed("?1", 0)} OR ${hasWaiting("?1")} AS unfinished,
         ${nextTick("?1")} AS nextTick`,
    )
    .bind(tenantId)
    .first<{ unfinished: number; nextTick: number | null }>();
  return { unfinished: row?.unfinished !== 0, nextTick: row?.nextTick ?? null };
}

/**
 * Whether a tenant has a job in flight, one that waits for room, one that is due by `times.due`, or one with an id of
 * `times.created` or later. Reads at most four rows.
 */
export async function isActive(
  db: D1Database,
  tenantId: string,
  times: { readonly due: number; readonly created: number },
): Promise<boolean> {
  const active = await db
    .prepare(
      `SELECT ${hasTimed("?1", 1)} OR ${hasWaiting("?1")} OR ${hasTimed("?1", 0, "AND due_at <= ?2")}
         OR EXISTS (SELECT 1 FROM jobs WHERE tenant_id = ?1 AND id >= ?3) AS active`,
    )
    .bind(tenantId, times.due, firstJobIdAt(times.created))
    .first<number>("active");
  return active !== 0;
}

/** A tenant, and where its gate is. */
export interface GatePlace {
  readonly tenantId: string;
  readonly region: Region;
}

/**
 * Tenants after `afterId` with a job overdue since `times.jobs`, one that waits for room, a schedule overdue since
 * `times.ticks`, or a group that was stopped and is not complete: their gates should look. What waits for room, or for a tick, of a suspended tenant goes on waiting.
 */
export async function findStrandedTenants(
  db: D1Database,
  times: { readonly jobs: number; readonly ticks: number },
  afterId: string,
  limit: number,
): Promise<GatePlace[]> {
  const overdue = (released: 0 | 1) => hasTimed("t.id", released, "AND due_at <= ?1");
  const ticked = `coalesce(${nextTick("t.id")} <= ?4, 0)`;
  const { results } = await db
    .prepare(
      `SELECT id, location_hint AS locationHint, jurisdiction FROM tenants t
       WHERE id > ?2 AND deleted_at IS NULL AND (${overdue(1)} OR ${overdue(0)}
         OR (suspended_at IS NULL AND (${hasWaiting("t.id")} OR ${ticked}))
         OR EXISTS (SELECT 1 FROM job_groups INDEXED BY job_groups_stopping
           WHERE tenant_id = t.id AND stopped_at IS NOT NULL AND completed_at IS NULL))
       ORDER BY id LIMIT ?3`,
    )
    .bind(times.jobs, afterId, limit, times.ticks)
    .all<{ id: string } & Region>();
  return results.map(({ id, ...region }) => ({ tenantId: id, region }));
}
