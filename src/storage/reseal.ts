import { isSealedWithFirst, type SealedPlace } from "../protocol/sealed-secret.ts";
import type { SecretKeys } from "../protocol/secret-keys.ts";
import { openStored, storedSecret } from "./stored-secret.ts";

/** A column of secrets, of a table with the primary key (tenant_id, id). */
export type SealedColumn = Pick<SealedPlace, "table" | "column">;

interface Row {
  readonly tenantId: string;
  readonly id: string;
  readonly stored: string | null;
}

/** How far it has come, and what it could not open, with the reason. */
export interface Resealed {
  /** The last row that it looked at, as "tenant/id"; null when there are no more. */
  readonly place: string | null;
  readonly failed: readonly { readonly place: SealedPlace; readonly error: unknown }[];
}

/**
 * Looks at up to `limit` rows after the place "tenant/id", and seals those with the first of the keys that are not: sealed
 * with another one, or in clear text.
 */
export async function resealSecrets(
  db: D1Database,
  keys: SecretKeys,
  { table, column }: SealedColumn,
  after: string,
  limit: number,
): Promise<Resealed> {
  const [afterTenant = "", afterId = ""] = after.split("/");
  const { results } = await db
    .prepare(
      `SELECT tenant_id AS tenantId, id, ${column} AS stored FROM ${table}
       WHERE (tenant_id, id) > (?1, ?2) ORDER BY tenant_id, id LIMIT ?3`,
    )
    .bind(afterTenant, afterId, limit)
    .all<Row>();
  const failed: { place: SealedPlace; error: unknown }[] = [];
  const updates: D1PreparedStatement[] = [];
  for (const { tenantId, id, stored } of results) {
    if (stored === null || isSealedWithFirst(keys, stored)) continue;
    const place = { tenantId, table, column, id };
    try {
      const sealed = await storedSecret(keys, place, await openStored(keys, place, stored));
      updates.push(
        db
          .prepare(`UPDATE ${table} SET ${column} = ?3 WHERE tenant_id = ?1 AND id = ?2 AND ${column} = ?4`)
          .bind(tenantId, id, sealed, stored),
      );
    } catch (error) {
      failed.push({ place, error });
    }
  }
  if (updates.length > 0) await db.batch(updates);
  const last = results.at(-1);
  return { place: last && results.length === limit ? `${last.tenantId}/${last.id}` : null, failed };
}
