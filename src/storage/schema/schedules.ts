import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { MISSED_POLICIES, OVERLAPS } from "../../domain/schedule.ts";
import { listed } from "./listed.ts";

/** Jobs that are enqueued by the clock. */
export const schedules = sqliteTable(
  "schedules",
  {
    tenantId: text("tenant_id").notNull(),
    name: text().notNull(),
    cron: text().notNull(),
    /** IANA. */
    timezone: text().notNull(),
    overlap: text({ enum: OVERLAPS }).notNull(),
    missed: text({ enum: MISSED_POLICIES }).notNull(),
    paused: integer().notNull(),
    /** The tick that is next; NULL while the schedule is paused, and when no tick ever comes. */
    nextAt: integer("next_at"),
    /** The last tick that got a job, and that job. */
    lastTick: integer("last_tick"),
    lastJobId: text("last_job_id"),
    createdAt: integer("created_at").notNull(),
    /** When its settings were changed; ticks leave it. */
    updatedAt: integer("updated_at").notNull(),
    /** The job of each tick as JSON, see `ScheduledDraft`. Last, since it is large and often left out. */
    draft: text().notNull(),
  },
  (row) => [
    primaryKey({ columns: [row.tenantId, row.name] }),
    index("schedules_due").on(row.tenantId, row.nextAt).where(sql`next_at IS NOT NULL`),
    check("schedules_overlap", sql`overlap IN (${listed(OVERLAPS)})`),
    check("schedules_missed", sql`missed IN (${listed(MISSED_POLICIES)})`),
    check("schedules_paused", sql`paused IN (0, 1) AND (paused = 0 OR next_at IS NULL)`),
    check("schedules_last", sql`(last_tick IS NULL) = (last_job_id IS NULL)`),
    check("schedules_draft", sql`json_valid(draft)`),
  ],
);

export type ScheduleRow = typeof schedules.$inferSelect;
