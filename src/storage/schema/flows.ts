import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { FAILURE_POLICIES } from "../../domain/group.ts";
import { listed } from "./listed.ts";

/**
 * Jobs whose ends are waited for together. How many are open or have failed is counted where that is asked, from the
 * indexes of their jobs: a counter that is raised could be raised twice.
 */
export const jobGroups = sqliteTable(
  "job_groups",
  {
    tenantId: text("tenant_id").notNull(),
    id: text().notNull(),
    name: text(),
    /** What the first failure of a member does. */
    onFailure: text("on_failure", { enum: FAILURE_POLICIES }).notNull(),
    /** Members, each with the rest of its chain. */
    total: integer().notNull(),
    createdAt: integer("created_at").notNull(),
    /** The job that has made it; NULL: a caller has. */
    parentId: text("parent_id"),
    /** Since then its members that do not run are cancelled. */
    stoppedAt: integer("stopped_at"),
    /** When the last of its members had ended. */
    completedAt: integer("completed_at"),
    /** Of its members, once it is complete. */
    failed: integer(),
    cancelled: integer(),
    /** JSON array of the types of its members and of what follows on it. */
    types: text().notNull(),
    /** The job that follows when it is complete as JSON, see `StoredStep`. */
    onComplete: text("on_complete"),
    /** JSON array of the ids of its members, as they were enqueued. Last, since it is large and often left out. */
    members: text().notNull(),
  },
  (group) => [
    primaryKey({ columns: [group.tenantId, group.id] }),
    index("job_groups_stopping")
      .on(group.tenantId, group.id)
      .where(sql`stopped_at IS NOT NULL AND completed_at IS NULL`),
    check("job_groups_on_failure", sql`on_failure IN (${listed(FAILURE_POLICIES)})`),
    check(
      "job_groups_complete",
      sql`(completed_at IS NULL) = (failed IS NULL) AND (completed_at IS NULL) = (cancelled IS NULL)`,
    ),
  ],
);
