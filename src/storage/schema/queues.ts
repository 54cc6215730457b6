import { sql } from "drizzle-orm";
import { check, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** What a tenant's queues are limited to: by a queue's name, or by a pattern ("customer/*") for each queue it matches. */
export const queues = sqliteTable(
  "queues",
  {
    tenantId: text("tenant_id").notNull(),
    name: text().notNull(),
    concurrency: integer(),
    /** So many starts in each period. */
    rateLimit: integer("rate_limit"),
    ratePeriodMs: integer("rate_period_ms"),
    paused: integer().notNull().default(0),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (queue) => [
    primaryKey({ columns: [queue.tenantId, queue.name] }),
    check("queues_concurrency", sql`concurrency >= 1`),
    check(
      "queues_rate",
      sql`(rate_limit IS NULL) = (rate_period_ms IS NULL) AND (rate_limit IS NULL OR (rate_limit >= 1 AND rate_period_ms >= 1))`,
    ),
    check("queues_paused", sql`paused IN (0, 1)`),
  ],
);
