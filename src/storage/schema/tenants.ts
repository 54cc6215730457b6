import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { JURISDICTIONS, LOCATION_HINTS } from "../../domain/region.ts";

/** A limit that is NULL means the deployment's default (see `config.ts`). */
export const tenants = sqliteTable(
  "tenants",
  {
    id: text().primaryKey(),
    name: text().notNull(),
    rate: integer(),
    burst: integer(),
    backlog: integer(),
    concurrency: integer(),
    /** Raised by each gate that starts; every write of a gate checks it, so that an old gate's late write does nothing. */
    gateEpoch: integer("gate_epoch").notNull().default(0),
    /** Until then consumers tell the gate of starts and progress, since somebody follows its events. */
    watchedUntil: integer("watched_until"),
    createdAt: integer("created_at").notNull(),
    maxPayloadBytes: integer("max_payload_bytes"),
    /** Where its gate is; never changed, see `Region`. */
    locationHint: text("location_hint", { enum: LOCATION_HINTS }),
    jurisdiction: text({ enum: JURISDICTIONS }),
    /** Nothing of it is started since then. */
    suspendedAt: integer("suspended_at"),
    /** Since then it is being deleted: nobody can use it any more, and what it has left goes away by and by. */
    deletedAt: integer("deleted_at"),
  },
  (tenant) => [index("tenants_deleted").on(tenant.deletedAt).where(sql`deleted_at IS NOT NULL`)],
);

export const apiKeys = sqliteTable(
  "api_keys",
  {
    /** SHA-256 of the secret in hex; the secret itself is never stored. */
    hash: text().primaryKey(),
    tenantId: text("tenant_id").notNull(),
    name: text().notNull(),
    createdAt: integer("created_at").notNull(),
    /** NULL for keys that were written by hand, or before there were ids: they go by the beginning of their hash. */
    id: text(),
    /** The end of the secret, for people who look for it. */
    hint: text(),
    /** JSON array, see `Scope`; NULL: all. */
    scopes: text(),
    /** JSON array of the job types that it is limited to; NULL: any. */
    types: text(),
    expiresAt: integer("expires_at"),
    /** It ends then; in the future for a key that was rotated. */
    revokedAt: integer("revoked_at"),
  },
  (key) => [index("api_keys_tenant").on(key.tenantId)],
);

export type TenantRow = typeof tenants.$inferSelect;
