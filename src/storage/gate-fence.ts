import type { TenantLimits } from "../config.ts";

/** Says which gate writes: a write of any but the newest gate of the tenant does nothing. */
export interface GateFence {
  readonly tenantId: string;
  readonly epoch: number;
}

export interface RaisedFence {
  readonly fence: GateFence;
  /** The tenant's own limits; what it does not set is left out. */
  readonly limits: Partial<TenantLimits>;
}

interface TenantRow {
  gate_epoch: number;
  rate: number | null;
  burst: number | null;
  backlog: number | null;
  concurrency: number | null;
}

/** Makes this gate the tenant's newest; null when there is no such tenant. */
export async function raiseFence(db: D1Database, tenantId: string): Promise<RaisedFence | null> {
  const row = await db
    .prepare(
      "UPDATE tenants SET gate_epoch = gate_epoch + 1 WHERE id = ?1 RETURNING gate_epoch, rate, burst, backlog, concurrency",
    )
    .bind(tenantId)
    .first<TenantRow>();
  if (row === null) return null;
  const { gate_epoch: epoch, ...limits } = row;
  const set = Object.entries(limits).filter(([, value]) => value !== null);
  return { fence: { tenantId, epoch }, limits: Object.fromEntries(set) };
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
