import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { PLAN_ACTIONS, PLAN_STATES } from "../../domain/plan.ts";
import { listed } from "./listed.ts";

/**
 * Changes to many jobs at once: first planned, then confirmed, then carried out in steps. A step moves `place` on in
 * the same statement that counts it, so that of two runners only one counts.
 */
export const plans = sqliteTable(
  "plans",
  {
    tenantId: text("tenant_id").notNull(),
    id: text().notNull(),
    action: text({ enum: PLAN_ACTIONS }).notNull(),
    /** JSON, see `PlanFilter`. */
    filter: text().notNull(),
    state: text({ enum: PLAN_STATES }).notNull(),
    /** The jobs after this id are still to be looked at. */
    place: text().notNull(),
    /** Jobs that matched when the plan was made. */
    count: integer().notNull(),
    /** 1 when all of the tenant's jobs that could match were looked at to count. */
    countedAll: integer("counted_all").notNull(),
    /** 1 when more jobs match than one plan takes. */
    truncated: integer().notNull(),
    done: integer().notNull().default(0),
    failed: integer().notNull().default(0),
    skipped: integer().notNull().default(0),
    /** JSON, see `PlanFailure`: why the last of `failed` has failed. */
    lastFailure: text("last_failure"),
    perSecond: integer("per_second"),
    createdAt: integer("created_at").notNull(),
    confirmedAt: integer("confirmed_at"),
    finishedAt: integer("finished_at"),
  },
  (plan) => [
    primaryKey({ columns: [plan.tenantId, plan.id] }),
    index("plans_running").on(plan.tenantId, plan.id).where(sql`state = 'running'`),
    check("plans_action", sql`action IN (${listed(PLAN_ACTIONS)})`),
    check("plans_state", sql`state IN (${listed(PLAN_STATES)})`),
    check("plans_confirmed", sql`(confirmed_at IS NOT NULL) = (per_second IS NOT NULL)`),
    check("plans_running_is_confirmed", sql`state NOT IN ('running', 'finished') OR confirmed_at IS NOT NULL`),
    check("plans_over", sql`(finished_at IS NOT NULL) = (state IN ('finished', 'cancelled'))`),
  ],
);

export type PlanRow = typeof plans.$inferSelect;
