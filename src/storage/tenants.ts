import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { apiKeys, tenants } from "./schema.ts";

export interface KeyOwner {
  readonly tenantId: string;
}

/** Whose key has this SHA-256 (hex), or null. */
export async function findKeyOwner(db: D1Database, hash: string): Promise<KeyOwner | null> {
  const [row] = await drizzle(db)
    .select({ tenantId: apiKeys.tenantId })
    .from(apiKeys)
    .innerJoin(tenants, eq(tenants.id, apiKeys.tenantId))
    .where(eq(apiKeys.hash, hash));
  return row ?? null;
}
