import { hashApiKey } from "../../src/cli/api-key.ts";
import { newApiKey } from "../../src/protocol/api-key.ts";
import type { GrownSluice } from "./grown-sluice.ts";

const AT_ONCE = 2_000;

/**
 * Adds so many tenants.
 * @returns the key of each
 */
export async function addTenants(sluice: GrownSluice, group: string, count: number): Promise<string[]> {
  const db = await sluice.database();
  const tenants = Array.from({ length: count }, (_, n) => {
    const id = `${group}-${n}`;
    const key = newApiKey(id);
    return { id, key, hash: hashApiKey(key) };
  });
  for (let from = 0; from < count; from += AT_ONCE) {
    const rows = JSON.stringify(tenants.slice(from, from + AT_ONCE).map(({ id, hash }) => ({ id, hash })));
    await db.batch([
      db
        .prepare("INSERT INTO tenants (id, name, created_at) SELECT value->>'id', value->>'id', ?2 FROM json_each(?1)")
        .bind(rows, Date.now()),
      db
        .prepare(
          `INSERT INTO api_keys (hash, tenant_id, name, created_at)
           SELECT value->>'hash', value->>'id', 'bench', ?2 FROM json_each(?1)`,
        )
        .bind(rows, Date.now()),
    ]);
  }
  return tenants.map(({ key }) => key);
}
