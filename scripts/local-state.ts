import { createHash, randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runWrangler } from "./wrangler.ts";

/** A tenant of a local state. What it does not limit has the deployment's default. */
export interface LocalTenant {
  readonly id: string;
  readonly rate?: number;
  readonly burst?: number;
}

type Keys = Readonly<Record<string, string>>;

/**
 * Brings the database in a state directory up to date, and sees to it that these tenants are in it.
 * @returns the API key of each tenant; it is made once, and kept in the directory
 */
export async function prepareState<Id extends string>(
  stateDir: string,
  tenants: readonly (LocalTenant & { readonly id: Id })[],
): Promise<Record<Id, string>> {
  await mkdir(stateDir, { recursive: true });
  await runWrangler(stateDir, "d1", "migrations", "apply", "DB", "--local", "--persist-to", stateDir);
  const keys = await keepKeys(
    stateDir,
    tenants.map(({ id }) => id),
  );
  const seed = join(stateDir, "seed.sql");
  await writeFile(seed, tenants.map((tenant) => seedSql(tenant, keys[tenant.id])).join("\n"));
  await runWrangler(stateDir, "d1", "execute", "DB", "--local", "--persist-to", stateDir, "--file", seed);
  return keys;
}

async function keepKeys<Id extends string>(stateDir: string, tenants: readonly Id[]): Promise<Record<Id, string>> {
  const file = join(stateDir, "keys.json");
  const known = await readKeys(file);
  const keys = Object.fromEntries(tenants.map((id) => [id, known[id] ?? newKey(id)]));
  await writeFile(file, `${JSON.stringify({ ...known, ...keys }, null, 2)}\n`, { mode: 0o600 });
  return keys as Record<Id, string>;
}

async function readKeys(file: string): Promise<Keys> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Keys;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}

function newKey(tenantId: string): string {
  return `slk_${tenantId}_${randomBytes(24).toString("base64url")}`;
}

function seedSql({ id, rate, burst }: LocalTenant, key: string): string {
  const hash = createHash("sha256").update(key).digest("hex");
  const now = Date.now();
  return `
    INSERT INTO tenants (id, name, rate, burst, created_at)
      VALUES (${text(id)}, ${text(id)}, ${rate ?? "NULL"}, ${burst ?? "NULL"}, ${now})
      ON CONFLICT (id) DO UPDATE SET rate = excluded.rate, burst = excluded.burst;
    INSERT INTO api_keys (hash, tenant_id, name, created_at) VALUES (${text(hash)}, ${text(id)}, 'local', ${now})
      ON CONFLICT (hash) DO NOTHING;`;
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
