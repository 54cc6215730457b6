import { keyHint } from "../protocol/api-key.ts";
import { newJobId } from "../protocol/new-job-id.ts";
import { hashApiKey } from "./api-key.ts";
import { CliError } from "./cli-error.ts";
import { type D1, execute } from "./d1.ts";
import { migrationsEntry } from "./migrations-folder.ts";

/** A tenant to be made, or changed in what is given here. What it does not limit has the deployment's default. */
export interface TenantRow {
  readonly id: string;
  /** Default: its id. */
  readonly name?: string;
  /** Jobs per second. */
  readonly rate?: number;
  /** Jobs at once after a pause. */
  readonly burst?: number;
}

/** A key of a tenant. Only its hash is stored. */
export interface KeyRow {
  readonly tenantId: string;
  readonly key: string;
  /** Where it comes from. */
  readonly name: string;
  /** Only when the tenant has none that works. */
  readonly onlyFirst?: boolean;
}

/** What was not there before. */
export interface MadeRows {
  readonly tenants: readonly string[];
  readonly keys: readonly string[];
}

/**
 * Writes tenants and their keys to the database, in one go. What is there already stays.
 * @throws CliError when it fails
 */
export async function writeTenants(d1: D1, tenants: readonly TenantRow[], keys: readonly KeyRow[]): Promise<MadeRows> {
  const now = Date.now();
  const rows = await executed(d1, [
    ...tenants.map((row) => tenantSql(row, now)),
    ...keys.map((row) => keySql(row, now)),
  ]);
  const deleted = tenants.find((_, index) => rows[index]?.length === 0);
  if (deleted !== undefined) {
    throw new CliError("tenant_deleted", `tenant ${deleted.id} is being deleted: wait, or use another id`);
  }
  return {
    tenants: tenants.flatMap(({ id }, index) => (rows[index]?.[0]?.created_at === now ? [id] : [])),
    keys: keys.flatMap(({ key }, index) => (rows[tenants.length + index]?.length === 1 ? [key] : [])),
  };
}

async function executed(d1: D1, statements: readonly string[]) {
  try {
    return await execute(d1, statements);
  } catch (cause) {
    if (!(cause instanceof CliError && cause.message.includes("no such table"))) throw cause;
    const advice = `its configuration must say ${migrationsEntry(d1.project.config)}`;
    throw new CliError("no_tables", `the project's migrations do not make Sluice's tables: ${advice}`, undefined, {
      cause,
    });
  }
}

// Answers with `created_at`, which tells a new row from one that was there.
function tenantSql({ id, name, rate, burst }: TenantRow, now: number): string {
  const given = Object.entries({ name, rate, burst }).flatMap(([column, value]) =>
    value === undefined ? [] : [column],
  );
  const changes = ["id", ...given].map((column) => `${column} = excluded.${column}`).join(", ");
  return `INSERT INTO tenants (id, name, rate, burst, created_at)
    VALUES (${text(id)}, ${text(name ?? id)}, ${rate ?? "NULL"}, ${burst ?? "NULL"}, ${now})
    ON CONFLICT (id) DO UPDATE SET ${changes} WHERE tenants.deleted_at IS NULL RETURNING created_at`;
}

function keySql({ tenantId, key, name, onlyFirst = false }: KeyRow, now: number): string {
  const alive = `(revoked_at IS NULL OR revoked_at > ${now}) AND (expires_at IS NULL OR expires_at > ${now})`;
  const wanted = onlyFirst
    ? `NOT EXISTS (SELECT 1 FROM api_keys WHERE tenant_id = ${text(tenantId)} AND ${alive})`
    : "true";
  return `INSERT INTO api_keys (hash, tenant_id, id, name, hint, created_at)
    SELECT ${text(hashApiKey(key))}, ${text(tenantId)}, ${text(newJobId())}, ${text(name)}, ${text(keyHint(key))}, ${now}
    WHERE ${wanted} AND EXISTS (SELECT 1 FROM tenants WHERE id = ${text(tenantId)} AND deleted_at IS NULL)
    ON CONFLICT (hash) DO NOTHING RETURNING hash`;
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
