import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Region } from "../domain/region.ts";
import { tenants } from "./schema.ts";

/** Where a tenant's gate is, and its own limit of a payload; null when there is no such tenant, or it is being deleted. */
export async function readTenantFacts(
  db: D1Database,
  tenantId: string,
): Promise<{ readonly region: Region; readonly maxPayloadBytes: number | null } | null> {
  const [row] = await drizzle(db).select().from(tenants).where(eq(tenants.id, tenantId));
  if (row === undefined || row.deletedAt !== null) return null;
  const { locationHint, jurisdiction, maxPayloadBytes } = row;
  return { region: { locationHint, jurisdiction }, maxPayloadBytes };
}
