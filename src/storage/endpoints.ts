/** Endpoints of one tenant. */
export const MOST_ENDPOINTS = 100;

/** What an endpoint is set to. Its secrets are sealed. */
export interface EndpointSettings {
  readonly provider: string | null;
  /** JSON, see `Scheme`; null when it is the provider's. */
  readonly scheme: string | null;
  readonly secrets: string;
  readonly previousUntil: number | null;
  readonly type: string;
  readonly queue: string;
  readonly priority: number;
  /** JSON, a list of names and beginnings. */
  readonly events: string;
  readonly disabled: number;
}

/** An endpoint as it is stored. Times are milliseconds since the epoch. */
export interface StoredEndpoint extends EndpointSettings {
  readonly tenantId: string;
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

const COLUMNS = `tenant_id AS tenantId, id, name, provider, scheme, secrets, previous_until AS previousUntil, type, queue,
  priority, events, disabled, created_at AS createdAt, updated_at AS updatedAt`;

/** All of a tenant's endpoints, by name. */
export async function listEndpoints(db: D1Database, tenantId: string): Promise<StoredEndpoint[]> {
  const { results } = await db
    .prepare(`SELECT ${COLUMNS} FROM endpoints WHERE tenant_id = ?1 ORDER BY name LIMIT ${MOST_ENDPOINTS}`)
    .bind(tenantId)
    .all<StoredEndpoint>();
  return results;
}

/** A tenant's endpoint by its name, or null. */
export function readEndpoint(db: D1Database, tenantId: string, name: string): Promise<StoredEndpoint | null> {
  return db
    .prepare(`SELECT ${COLUMNS} FROM endpoints WHERE tenant_id = ?1 AND name = ?2`)
    .bind(tenantId, name)
    .first<StoredEndpoint>();
}

/** An endpoint that takes webhooks, and what its tenant limits them to. */
export interface ActiveEndpoint extends StoredEndpoint {
  /** Null: the deployment's default. */
  readonly maxPayloadBytes: number | null;
}

/** The endpoint with this public id, or null when there is none, or it or its tenant is not active. */
export function findActiveEndpoint(db: D1Database, id: string): Promise<ActiveEndpoint | null> {
  return db
    .prepare(
      `SELECT e.*, t.max_payload_bytes AS maxPayloadBytes
       FROM (SELECT ${COLUMNS} FROM endpoints WHERE id = ?1 AND disabled = 0) e
       JOIN tenants t ON t.id = e.tenantId AND t.suspended_at IS NULL AND t.deleted_at IS NULL`,
    )
    .bind(id)
    .first<ActiveEndpoint>();
}

/** Stores a new endpoint; null when there is one of this name, or there are {@link MOST_ENDPOINTS}. */
export function insertEndpoint(
  db: D1Database,
  place: Pick<StoredEndpoint, "tenantId" | "id" | "name">,
  settings: EndpointSettings,
  now: number,
): Promise<StoredEndpoint | null> {
  return db
    .prepare(
      `INSERT INTO endpoints (tenant_id, id, name, created_at, updated_at, provider, scheme, secrets, previous_until, type,
         queue, priority, events, disabled)
       SELECT ?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13
       WHERE (SELECT count(*) FROM endpoints WHERE tenant_id = ?1) < ${MOST_ENDPOINTS}
       ON CONFLICT (tenant_id, name) DO NOTHING RETURNING ${COLUMNS}`,
    )
    .bind(place.tenantId, place.id, place.name, now, ...values(settings))
    .first<StoredEndpoint>();
}

/** Sets an endpoint to this, unless its secrets have changed since it was read: then null. */
export function updateEndpoint(
  db: D1Database,
  { tenantId, id, secrets }: StoredEndpoint,
  settings: EndpointSettings,
  now: number,
): Promise<StoredEndpoint | null> {
  return db
    .prepare(
      `UPDATE endpoints SET updated_at = ?4, provider = ?5, scheme = ?6, secrets = ?7, previous_until = ?8, type = ?9,
         queue = ?10, priority = ?11, events = ?12, disabled = ?13
       WHERE tenant_id = ?1 AND id = ?2 AND secrets = ?3 RETURNING ${COLUMNS}`,
    )
    .bind(tenantId, id, secrets, now, ...values(settings))
    .first<StoredEndpoint>();
}

/** Deletes an endpoint and what it has refused; false when there is none. */
export async function deleteEndpoint(db: D1Database, tenantId: string, id: string): Promise<boolean> {
  const [, deleted] = await db.batch([
    db.prepare("DELETE FROM endpoint_rejections WHERE tenant_id = ?1 AND endpoint_id = ?2").bind(tenantId, id),
    db.prepare("DELETE FROM endpoints WHERE tenant_id = ?1 AND id = ?2 RETURNING id").bind(tenantId, id),
  ]);
  return deleted?.results.length === 1;
}

function values(settings: EndpointSettings): unknown[] {
  const { provider, scheme, secrets, previousUntil, type, queue, priority, events, disabled } = settings;
  return [provider, scheme, secrets, previousUntil, type, queue, priority, events, disabled];
}
