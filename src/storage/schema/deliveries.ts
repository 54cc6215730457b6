import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** The secrets that sign a tenant's deliveries. All that have not expired sign: that is how they are rotated. */
export const signingSecrets = sqliteTable(
  "signing_secrets",
  {
    tenantId: text("tenant_id").notNull(),
    id: text().notNull(),
    /** `whsec_…`, sealed when the deployment has secret keys. */
    secret: text().notNull(),
    createdAt: integer("created_at").notNull(),
    expiresAt: integer("expires_at"),
    /** `whsk_…`, sealed likewise; NULL when the version that made the secret made no key pair. */
    signingKey: text("signing_key"),
  },
  (row) => [primaryKey({ columns: [row.tenantId, row.id] })],
);

/** Receivers of callbacks that have answered 410: nothing more is sent to them until their tenant takes them off. */
export const disabledReceivers = sqliteTable(
  "disabled_receivers",
  {
    tenantId: text("tenant_id").notNull(),
    url: text().notNull(),
    disabledAt: integer("disabled_at").notNull(),
    /** The delivery that was answered so. It may have been deleted since. */
    jobId: text("job_id").notNull(),
  },
  (row) => [primaryKey({ columns: [row.tenantId, row.url] })],
);
