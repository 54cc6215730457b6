import { eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { type Grant, SCOPES, type Scope } from "../domain/grant.ts";
import type { Region } from "../domain/region.ts";
import { apiKeys, tenants } from "./schema/tenants.ts";

/** Keys of a tenant that have not ended. */
export const MOST_KEYS = 100;
/** Keys of a tenant that have ended, and are still shown: the newest. */
const MOST_ENDED_KEYS = 100;

/** A key without its secret. Times are milliseconds since the epoch. */
export interface StoredKey extends Grant {
  readonly id: string;
  readonly name: string;
  readonly hint: string | null;
  readonly createdAt: number;
  /** It ends then; in the future for a key that was rotated. */
  readonly revokedAt: number | null;
}

/** Whose a key is, and what it may do. */
export interface KeyOwner {
  readonly tenantId: string;
  readonly keyId: string;
  readonly grant: Grant;
  readonly revokedAt: number | null;
  readonly suspendedAt: number | null;
  readonly region: Region;
  /** The tenant's own limit; null: the deployment's. */
  readonly maxPayloadBytes: number | null;
}

/** The secret of a new key, as it is kept. */
export interface KeySecret {
  readonly hash: string;
  readonly hint: string;
}

/** What has become of a key that was to be made. */
export type MadeKey =
  | { readonly kind: "made"; readonly key: StoredKey }
  /** The id is another key's. */
  | { readonly kind: "exists" }
  /** The key that was to be replaced is not there, or has ended. */
  | { readonly kind: "gone" }
  | { readonly kind: "too_many" };

interface Row {
  hash: string;
  id: string;
  name: string;
  hint: string | null;
  scopes: string | null;
  types: string | null;
  createdAt: number;
  expiresAt: number | null;
  revokedAt: number | null;
}

// A key that was written by hand has no id: the beginning of its hash stands for it, and tells nothing of its secret.
const ID = "coalesce(id, substr(hash, 1, 32))";
const COLUMNS = `hash, ${ID} AS id, name, hint, scopes, types, created_at AS createdAt, expires_at AS expiresAt,
  revoked_at AS revokedAt`;
const alive = (now: string) =>
  `(revoked_at IS NULL OR revoked_at > ${now}) AND (expires_at IS NULL OR expires_at > ${now})`;
const hasRoom = (now: string) =>
  `(SELECT count(*) FROM api_keys WHERE tenant_id = ?1 AND ${alive(now)}) < ${MOST_KEYS}`;
const idIsFree = (id: string) => `NOT EXISTS (SELECT 1 FROM api_keys WHERE tenant_id = ?1 AND ${ID} = ${id})`;

/** Whose key has this SHA-256 (hex), and whether or not it may still be used; null when it is nobody's. */
export async function findKeyOwner(db: D1Database, hash: string): Promise<KeyOwner | null> {
  const [row] = await drizzle(db)
    .select({
      tenantId: apiKeys.tenantId,
      keyId: sql<string>`coalesce(${apiKeys.id}, substr(${apiKeys.hash}, 1, 32))`,
      scopes: apiKeys.scopes,
      types: apiKeys.types,
      expiresAt: apiKeys.expiresAt,
      revokedAt: apiKeys.revokedAt,
      suspendedAt: tenants.suspendedAt,
      deletedAt: tenants.deletedAt,
      locationHint: tenants.locationHint,
      jurisdiction: tenants.jurisdiction,
      maxPayloadBytes: tenants.maxPayloadBytes,
    })
    .from(apiKeys)
    .innerJoin(tenants, eq(tenants.id, apiKeys.tenantId))
    .where(eq(apiKeys.hash, hash));
  if (row === undefined || row.deletedAt !== null) return null;
  const { tenantId, keyId, revokedAt, suspendedAt, locationHint, jurisdiction, maxPayloadBytes } = row;
  const region = { locationHint, jurisdiction };
  return { tenantId, keyId, grant: grantOf(row), revokedAt, suspendedAt, region, maxPayloadBytes };
}

/** All of a tenant's keys, newest first; of those that have ended only the newest are kept. */
export async function listKeys(db: D1Database, tenantId: string): Promise<StoredKey[]> {
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM api_keys INDEXED BY api_keys_tenant WHERE tenant_id = ?1
       ORDER BY created_at DESC, ${ID} DESC LIMIT ${2 * (MOST_KEYS + MOST_ENDED_KEYS)}`,
    )
    .bind(tenantId)
    .all<Row>();
  return results.map(storedKey);
}

/** One of the tenant's keys, or null. */
export async function readKey(db: D1Database, tenantId: string, id: string): Promise<StoredKey | null> {
  const row = await db
    .prepare(`SELECT ${COLUMNS} FROM api_keys INDEXED BY api_keys_tenant WHERE tenant_id = ?1 AND ${ID} = ?2`)
    .bind(tenantId, id)
    .first<Row>();
  return row === null ? null : storedKey(row);
}

/** Keeps a new key, unless its id is taken or the tenant has as many as it may. */
export async function insertKey(
  db: D1Database,
  tenantId: string,
  { hash, hint }: KeySecret,
  { id, name, scopes, types, expiresAt, createdAt: now }: Omit<StoredKey, "hint" | "revokedAt">,
): Promise<MadeKey> {
  const insert = db
    .prepare(
      `INSERT INTO api_keys (hash, tenant_id, id, name, hint, scopes, types, expires_at, created_at)
       SELECT ?3, ?1, ?2, ?4, ?5, ?6, ?7, ?8, ?9 WHERE ${idIsFree("?2")} AND ${hasRoom("?9")} RETURNING ${COLUMNS}`,
    )
    .bind(tenantId, id, hash, name, hint, JSON.stringify(scopes), types && JSON.stringify(types), expiresAt, now);
  const [known, , made] = await db.batch<Row>([selectId(db, tenantId, id), prune(db, tenantId, now), insert]);
  const [row] = made?.results ?? [];
  if (row !== undefined) return { kind: "made", key: storedKey(row) };
  return { kind: known?.results.length === 0 ? "too_many" : "exists" };
}

/** A new key that takes over from another. */
export interface KeyRotation {
  /** Of the new key. */
  readonly id: string;
  /** Undefined: as the key before it. */
  readonly expiresAt: number | null | undefined;
  readonly now: number;
  /** How long the key before it goes on, in milliseconds. */
  readonly overlapMs: number;
}

/** Keeps a new key that may do what another may, and has that one end: both, or neither. */
export async function rotateKey(
  db: D1Database,
  tenantId: string,
  oldId: string,
  { hash, hint }: KeySecret,
  { id, expiresAt, now, overlapMs }: KeyRotation,
): Promise<MadeKey> {
  const insert = db
    .prepare(
      `INSERT INTO api_keys (hash, tenant_id, id, name, hint, scopes, types, expires_at, created_at)
       SELECT ?4, ?1, ?2, name, ?5, scopes, types, iif(?6, ?7, expires_at), ?8 FROM api_keys
       WHERE tenant_id = ?1 AND ${ID} = ?3 AND ${alive("?8")} AND ${idIsFree("?2")} AND ${hasRoom("?8")}
       RETURNING ${COLUMNS}`,
    )
    .bind(tenantId, id, oldId, hash, hint, expiresAt === undefined ? 0 : 1, expiresAt ?? null, now);
  // By its hash: only if the new key is there.
  const end = db
    .prepare(
      `UPDATE api_keys SET revoked_at = min(coalesce(revoked_at, ?3), ?3)
       WHERE tenant_id = ?1 AND ${ID} = ?2 AND EXISTS (SELECT 1 FROM api_keys WHERE hash = ?4)`,
    )
    .bind(tenantId, oldId, now + overlapMs, hash);
  const old = db
    .prepare(`SELECT ${COLUMNS} FROM api_keys WHERE tenant_id = ?1 AND ${ID} = ?2 AND ${alive("?3")}`)
    .bind(tenantId, oldId, now);
  const [known, before, , made] = await db.batch<Row>([
    selectId(db, tenantId, id),
    old,
    prune(db, tenantId, now),
    insert,
    end,
  ]);
  const [row] = made?.results ?? [];
  if (row !== undefined) return { kind: "made", key: storedKey(row) };
  if (before?.results.length === 0) return { kind: "gone" };
  return { kind: known?.results.length === 0 ? "too_many" : "exists" };
}

/** Ends a key; false when there is no such key. One that has ended before stays as it was. */
export async function revokeKey(db: D1Database, tenantId: string, id: string, now: number): Promise<boolean> {
  const row = await db
    .prepare(
      `UPDATE api_keys SET revoked_at = min(coalesce(revoked_at, ?3), ?3) WHERE tenant_id = ?1 AND ${ID} = ?2
       RETURNING hash`,
    )
    .bind(tenantId, id, now)
    .first();
  return row !== null;
}

function selectId(db: D1Database, tenantId: string, id: string): D1PreparedStatement {
  return db.prepare(`SELECT ${COLUMNS} FROM api_keys WHERE tenant_id = ?1 AND ${ID} = ?2`).bind(tenantId, id);
}

function prune(db: D1Database, tenantId: string, now: number): D1PreparedStatement {
  return db
    .prepare(
      `DELETE FROM api_keys WHERE tenant_id = ?1 AND hash IN (
         SELECT hash FROM api_keys WHERE tenant_id = ?1 AND NOT (${alive("?2")})
         ORDER BY created_at DESC LIMIT -1 OFFSET ${MOST_ENDED_KEYS})`,
    )
    .bind(tenantId, now);
}

function storedKey({ id, name, hint, createdAt, revokedAt, ...grant }: Row): StoredKey {
  return { id, name, hint, createdAt, revokedAt, ...grantOf(grant) };
}

function grantOf({ scopes, types, expiresAt }: Pick<Row, "scopes" | "types" | "expiresAt">): Grant {
  return {
    scopes: scopes === null ? SCOPES : (JSON.parse(scopes) as Scope[]),
    types: types === null ? null : (JSON.parse(types) as string[]),
    expiresAt,
  };
}
