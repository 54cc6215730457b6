import { newJobId } from "../protocol/new-job-id.ts";
import type { SecretKeys } from "../protocol/secret-keys.ts";
import { makeSigningSecret, type StoredSigningSecret } from "./sealed-signing-secrets.ts";

/** Secrets of a tenant that sign at the same time. */
export const MOST_SIGNING_SECRETS = 5;

/** A new secret that takes over from all before it. */
export interface Rotation {
  /** Of the new secret; a rotation that is repeated with the same id changes nothing. */
  readonly id: string;
  readonly now: number;
  /** How long the secrets so far go on signing, in milliseconds. */
  readonly overlapMs: number;
}

type Made = Awaited<ReturnType<typeof makeSigningSecret>>;

/** What has become of a rotation. */
export interface Rotated {
  /** False when there would be more than {@link MOST_SIGNING_SECRETS}: nothing has changed then. */
  readonly rotated: boolean;
  /** All that sign from now on, newest first. */
  readonly secrets: readonly StoredSigningSecret[];
}

/** The secrets that sign for a tenant, newest first. */
export async function findSigningSecrets(
  db: D1Database,
  tenantId: string,
  now: number,
): Promise<StoredSigningSecret[]> {
  return (await select(db, tenantId, now).all<StoredSigningSecret>()).results;
}

/** The secrets that sign for a tenant, newest first; a tenant that has none gets its first. */
export async function readSigningSecrets(
  db: D1Database,
  keys: SecretKeys | null,
  tenantId: string,
  now: number,
): Promise<StoredSigningSecret[]> {
  const found = await findSigningSecrets(db, tenantId, now);
  if (found.length > 0) return found;
  const first = await makeSigningSecret(keys, tenantId, newJobId());
  const [, made] = await db.batch<StoredSigningSecret>([
    insertFirst(db, tenantId, now, first),
    select(db, tenantId, now),
  ]);
  return made?.results ?? [];
}

/** Adds a secret and lets the others end, unless they end earlier anyway. Those that have ended are removed. */
export async function rotateSigningSecrets(
  db: D1Database,
  keys: SecretKeys | null,
  tenantId: string,
  rotation: Rotation,
): Promise<Rotated> {
  const next = await makeSigningSecret(keys, tenantId, rotation.id);
  const [, , , signing] = await db.batch<StoredSigningSecret>([
    endOthers(db, tenantId, rotation),
    insertNext(db, tenantId, rotation, next),
    db.prepare("DELETE FROM signing_secrets WHERE tenant_id = ?1 AND expires_at <= ?2").bind(tenantId, rotation.now),
    select(db, tenantId, rotation.now),
  ]);
  const secrets = signing?.results ?? [];
  const rotated = secrets.length < MOST_SIGNING_SECRETS || secrets.some(({ id }) => id === rotation.id);
  return { rotated, secrets };
}

function select(db: D1Database, tenantId: string, now: number): D1PreparedStatement {
  return db
    .prepare(
      `SELECT id, secret AS storedSecret, signing_key AS storedKey, created_at AS createdAt, expires_at AS expiresAt
       FROM signing_secrets
       WHERE tenant_id = ?1 AND (expires_at IS NULL OR expires_at > ?2)
       ORDER BY created_at DESC, id DESC LIMIT ${MOST_SIGNING_SECRETS}`,
    )
    .bind(tenantId, now);
}

// One statement looks and inserts, so that of two callers at once the second finds the secret of the first.
function insertFirst(db: D1Database, tenantId: string, now: number, first: Made): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO signing_secrets (tenant_id, id, secret, signing_key, created_at)
       SELECT ?1, ?2, ?3, ?5, ?4 WHERE NOT EXISTS (
         SELECT 1 FROM signing_secrets WHERE tenant_id = ?1 AND (expires_at IS NULL OR expires_at > ?4))`,
    )
    .bind(tenantId, first.id, first.storedSecret, now, first.storedKey);
}

// Holds before the others are given their end as well as after it: both statements are carried out, or none.
const MAY_ROTATE = `NOT EXISTS (SELECT 1 FROM signing_secrets WHERE tenant_id = ?1 AND id = ?2)
  AND (SELECT count(*) FROM signing_secrets
       WHERE tenant_id = ?1 AND min(coalesce(expires_at, ?4), ?4) > ?3) < ${MOST_SIGNING_SECRETS}`;

function endOthers(db: D1Database, tenantId: string, { id, now, overlapMs }: Rotation): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE signing_secrets SET expires_at = ?4
       WHERE tenant_id = ?1 AND (expires_at IS NULL OR expires_at > ?4) AND ${MAY_ROTATE}`,
    )
    .bind(tenantId, id, now, now + overlapMs);
}

function insertNext(
  db: D1Database,
  tenantId: string,
  { id, now, overlapMs }: Rotation,
  next: Made,
): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO signing_secrets (tenant_id, id, secret, signing_key, created_at)
       SELECT ?1, ?2, ?5, ?6, ?3 WHERE ${MAY_ROTATE}`,
    )
    .bind(tenantId, id, now, now + overlapMs, next.storedSecret, next.storedKey);
}
