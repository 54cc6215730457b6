import type { TenantLimits } from "../config.ts";
import type { Jurisdiction } from "../domain/region.ts";

/** Says which gate writes: a write of any but the newest gate of the tenant does nothing. */
export interface GateFence {
  readonly tenantId: string;
  readonly epoch: number;
}

export interface RaisedFence {
  readonly fence: GateFence;
  /** The tenant's own limits; what it does not set is left out. */
  readonly limits: Partial<TenantLimits>;
  readonly jurisdiction: Jurisdiction | null;
}

interface LimitsRow {
  rate: number | null;
  burst: number | null;
  backlog: number | null;
  concurrency: number | null;
}

interface TenantRow extends LimitsRow {
  gate_epoch: number;
  jurisdiction: Jurisdiction | null;
}

/** Makes this gate the tenant's newest; null when there is no such tenant, or it is being deleted. */
export async function raiseFence(db: D1Database, tenantId: string): Promise<RaisedFence | null> {
  const row = await db
    .prepare(
      `UPDATE tenants SET gate_epoch = gate_epoch + 1 WHERE id = ?1 AND deleted_at IS NULL
       RETURNING gate_epoch, rate, burst, backlog, concurrency, jurisdiction`,
    )
    .bind(tenantId)
    .first<TenantRow>();
  if (row === null) return null;
  const { gate_epoch: epoch, jurisdiction, ...limits } = row;
  return { fence: { tenantId, epoch }, limits: given(limits), jurisdiction };
}

/** What an operator may have changed since a gate has started. */
export interface TenantSettings {
  readonly limits: Partial<TenantLimits>;
  readonly suspended: boolean;
}

/** Null when this gate is no longer the tenant's newest, or the tenant is being deleted. */
export async function readTenantSettings(
  db: D1Database,
  { tenantId, epoch }: GateFence,
): Promise<TenantSettings | null> {
  const row = await db
    .prepare(
      `SELECT rate, burst, backlog, concurrency, suspended_at IS NOT NULL AS suspended FROM tenants
       WHERE id = ?1 AND gate_epoch = ?2 AND deleted_at IS NULL`,
    )
    .bind(tenantId, epoch)
    .first<LimitsRow & { suspended: number }>();
  if (row === null) return null;
  const { suspended, ...limits } = row;
  return { limits: given(limits), suspended: suspended === 1 };
}

function given(limits: LimitsRow): Partial<TenantLimits> {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== null));
}

/**
 * The statement that ends each batch of a gate's writes. It fails, and with it the whole batch is rolled back, when a
 * newer gate has started or the deadline has passed: what was given up can then no longer commit. A single check at
 * the end keeps a batch of several statements all or nothing; {@link isFenced} knows its error.
 */
export function assertFence(db: D1Database, { tenantId, epoch }: GateFence, deadline: number): D1PreparedStatement {
  return db
    .prepare(
      `SELECT json(iif((SELECT gate_epoch FROM tenants WHERE id = ?1) = ?2 AND unixepoch('subsec') * 1000 < ?3,
         'true', 'fenced'))`,
    )
    .bind(tenantId, epoch, deadline);
}

/** Whether a batch failed on {@link assertFence}: nothing of it was written. */
export function isFenced(error: unknown): boolean {
  return error instanceof Error && error.message.includes("malformed JSON");
}
