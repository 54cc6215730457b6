import { sql } from "drizzle-orm";
import { check, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/** Public addresses that take webhooks, verify them, and enqueue a job for each. */
export const endpoints = sqliteTable(
  "endpoints",
  {
    tenantId: text("tenant_id").notNull(),
    /** Its public address ends with it. */
    id: text().notNull(),
    name: text().notNull(),
    /** The name of a preset; NULL when the scheme is the tenant's own. */
    provider: text(),
    /** JSON, see `Scheme`; NULL when it is a preset's. */
    scheme: text(),
    /** JSON, sealed: the secret, and the one before it. */
    secrets: text().notNull(),
    /** The secret before is valid until then. */
    previousUntil: integer("previous_until"),
    type: text().notNull(),
    queue: text().notNull(),
    priority: integer().notNull(),
    /** JSON, a list of names and beginnings; an empty one takes all. */
    events: text().notNull(),
    disabled: integer().notNull().default(0),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (row) => [
    primaryKey({ columns: [row.tenantId, row.id] }),
    uniqueIndex("endpoints_name").on(row.tenantId, row.name),
    uniqueIndex("endpoints_id").on(row.id),
    check("endpoints_scheme", sql`(provider IS NULL) <> (scheme IS NULL)`),
    check("endpoints_disabled", sql`disabled IN (0, 1)`),
  ],
);

/** What an endpoint has refused of late, and why. */
export const endpointRejections = sqliteTable(
  "endpoint_rejections",
  {
    tenantId: text("tenant_id").notNull(),
    endpointId: text("endpoint_id").notNull(),
    id: text().notNull(),
    at: integer().notNull(),
    cause: text().notNull(),
    detail: text(),
    userAgent: text("user_agent"),
    /** How many this row stands for: a flood is not written one by one. */
    count: integer().notNull(),
  },
  (row) => [primaryKey({ columns: [row.tenantId, row.endpointId, row.id] })],
);
