import { primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Which jobs name a blob, in their payload or result. A blob that no job names any more is swept. */
export const jobBlobs = sqliteTable(
  "job_blobs",
  {
    tenantId: text("tenant_id").notNull(),
    blobId: text("blob_id").notNull(),
    jobId: text("job_id").notNull(),
  },
  (row) => [primaryKey({ columns: [row.tenantId, row.blobId, row.jobId] })],
);
