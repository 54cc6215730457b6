import { and, asc, eq, gt, isNull, type SQL, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Region } from "../domain/region.ts";
import { type TenantRow, tenants } from "./schema/tenants.ts";

/** A tenant as it is kept. Times are milliseconds since the epoch. */
export type StoredTenant = Omit<TenantRow, "gateEpoch">;

/** What an operator decides about a tenant. What is left out stays as it is. */
export type TenantChanges = {
  readonly [Name in "name" | "rate" | "burst" | "backlog" | "concurrency" | "maxPayloadBytes"]?:
    | StoredTenant[Name]
    | undefined;
};

/** False when there is one with this id, which may be going away. */
export async function insertTenant(
  db: D1Database,
  tenant: TenantChanges & Region & Pick<StoredTenant, "id" | "name" | "createdAt">,
): Promise<boolean> {
  const inserted = await drizzle(db).insert(tenants).values(tenant).onConflictDoNothing().returning({ id: tenants.id });
  return inserted.length > 0;
}

export async function readTenant(db: D1Database, id: string): Promise<StoredTenant | null> {
  const [row] = await drizzle(db).select().from(tenants).where(eq(tenants.id, id));
  return row ?? null;
}

/** In the order of their ids. */
export async function listTenants(db: D1Database, afterId: string, limit: number): Promise<StoredTenant[]> {
  return drizzle(db).select().from(tenants).where(gt(tenants.id, afterId)).orderBy(asc(tenants.id)).limit(limit);
}

/** Null when there is no such tenant, or it is going away. */
export async function changeTenant(db: D1Database, id: string, changes: TenantChanges): Promise<StoredTenant | null> {
  return update(db, id, changes);
}

/** One that is suspended already stays so since then. Null when there is no such tenant, or it is going away. */
export function suspendTenant(db: D1Database, id: string, now: number): Promise<StoredTenant | null> {
  return update(db, id, { suspendedAt: sql`coalesce(suspended_at, ${now})` });
}

/** Null when there is no such tenant, or it is going away. */
export function resumeTenant(db: D1Database, id: string): Promise<StoredTenant | null> {
  return update(db, id, { suspendedAt: null });
}

/**
 * Marks a suspended tenant as deleted, and fences its gate off: nothing of it can be written from then on. Null when it
 * is not there, is not suspended, or was marked before.
 */
export async function markDeleted(db: D1Database, id: string, now: number): Promise<StoredTenant | null> {
  const [row] = await drizzle(db)
    .update(tenants)
    .set({ deletedAt: now, gateEpoch: sql`gate_epoch + 1` })
    .where(and(eq(tenants.id, id), isNull(tenants.deletedAt), sql`suspended_at IS NOT NULL`))
    .returning();
  return row ?? null;
}

type Settable = { readonly [Name in keyof TenantRow]?: TenantRow[Name] | SQL | undefined };

async function update(db: D1Database, id: string, values: Settable): Promise<StoredTenant | null> {
  const given = Object.values(values).some((value) => value !== undefined);
  const isThere = and(eq(tenants.id, id), isNull(tenants.deletedAt));
  const [row] = given
    ? await drizzle(db).update(tenants).set(values).where(isThere).returning()
    : await drizzle(db).select().from(tenants).where(isThere);
  return row ?? null;
}
