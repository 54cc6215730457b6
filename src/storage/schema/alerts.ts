import { sql } from "drizzle-orm";
import { check, integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { ALERT_MEASURES, ALERT_STATES } from "../../domain/alert.ts";
import { listed } from "./listed.ts";

/** Of what a tenant wants to be told, and whether it is so at present. */
export const alerts = sqliteTable(
  "alerts",
  {
    tenantId: text("tenant_id").notNull(),
    name: text().notNull(),
    measure: text({ enum: ALERT_MEASURES }).notNull(),
    /** NULL: all queues together. */
    queue: text(),
    /** Seconds of an age; else a share, 0 to 1. */
    threshold: real().notNull(),
    /** NULL for an age, as is `min_events`. */
    windowMs: integer("window_ms"),
    minEvents: integer("min_events"),
    /** As the guard has normalised it. */
    url: text().notNull(),
    state: text({ enum: ALERT_STATES }).notNull(),
    /** Since when it is in this state. */
    since: integer().notNull(),
    /** What it came to when its state changed last. */
    value: real(),
    /** The job that delivers the last change. It may have been deleted since. */
    jobId: text("job_id"),
    /** Until then the gate may have counted something that matters; NULL while no job was seen. */
    askUntil: integer("ask_until"),
    createdAt: integer("created_at").notNull(),
    /** When it was changed by its tenant; strictly rising. */
    updatedAt: integer("updated_at").notNull(),
  },
  (alert) => [
    primaryKey({ columns: [alert.tenantId, alert.name] }),
    check("alerts_measure", sql`measure IN (${listed(ALERT_MEASURES)})`),
    check("alerts_state", sql`state IN (${listed(ALERT_STATES)})`),
    check("alerts_threshold", sql`threshold > 0`),
    check(
      "alerts_window",
      sql`(window_ms IS NULL) = (measure = 'oldest_due_age') AND (min_events IS NULL) = (window_ms IS NULL)`,
    ),
  ],
);

export type AlertRow = typeof alerts.$inferSelect;
