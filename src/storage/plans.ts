import { and, desc, eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { PLAN_LIFE_MS, type PlanAction } from "../domain/plan.ts";
import type { PlanFailure } from "../protocol/plan-view.ts";
import { type PlanRow, plans } from "./schema/plans.ts";

/** Plans of a tenant that are planned or running. */
export const MOST_OPEN_PLANS = 50;
/** Plans of a tenant that run at the same time. */
export const MOST_RUNNING_PLANS = 5;
/** Plans of a tenant that are over, and kept: the newest. */
const MOST_KEPT_PLANS = 50;

/** The place after the last job: ids are hexadecimal. */
const END = "g";

export type NewPlan = Pick<
  PlanRow,
  "tenantId" | "id" | "action" | "filter" | "place" | "count" | "countedAll" | "truncated" | "createdAt"
>;

/** A plan, by its tenant and id. */
export type PlanRef = Pick<PlanRow, "tenantId" | "id">;

/** What a step of a plan has come to. */
export interface PlanAdvance {
  /** Where the next step begins; null when the plan is through. */
  readonly place: string | null;
  readonly done: number;
  readonly failed: number;
  readonly skipped: number;
  readonly lastFailure: PlanFailure | null;
  readonly truncated: boolean;
}

// A plan that nobody has confirmed in time is over.
const expired = (createdBefore: string) => `(state = 'planned' AND created_at <= ${createdBefore})`;

/** Keeps a plan; false when the tenant has too many that are not over. The oldest of those that are over make way. */
export async function insertPlan(db: D1Database, plan: NewPlan): Promise<boolean> {
  const expiredBy = plan.createdAt - PLAN_LIFE_MS;
  const prune = db
    .prepare(
      `DELETE FROM plans WHERE tenant_id = ?1 AND id IN (
         SELECT id FROM plans WHERE tenant_id = ?1 AND (state IN ('finished', 'cancelled') OR ${expired("?2")})
         ORDER BY id DESC LIMIT -1 OFFSET ${MOST_KEPT_PLANS})`,
    )
    .bind(plan.tenantId, expiredBy);
  const { tenantId, id, action, filter, place, count, countedAll, truncated, createdAt } = plan;
  const insert = db
    .prepare(
      `INSERT INTO plans (tenant_id, id, action, filter, state, place, count, counted_all, truncated, created_at)
       SELECT ?1, ?3, ?4, ?5, 'planned', ?6, ?7, ?8, ?9, ?10
       WHERE (SELECT count(*) FROM plans WHERE tenant_id = ?1 AND state IN ('planned', 'running')
         AND NOT ${expired("?2")}) < ${MOST_OPEN_PLANS}
       RETURNING id`,
    )
    .bind(tenantId, expiredBy, id, action, filter, place, count, countedAll, truncated, createdAt);
  const [, inserted] = await db.batch([prune, insert]);
  return inserted?.results.length === 1;
}

export async function readPlan(db: D1Database, { tenantId, id }: PlanRef): Promise<PlanRow | null> {
  const [row] = await drizzle(db)
    .select()
    .from(plans)
    .where(and(eq(plans.tenantId, tenantId), eq(plans.id, id)));
  return row ?? null;
}

/** All of a tenant's plans of an action, newest first: as many as are kept. */
export async function listPlans(db: D1Database, tenantId: string, action: PlanAction): Promise<PlanRow[]> {
  return drizzle(db)
    .select()
    .from(plans)
    .where(and(eq(plans.tenantId, tenantId), eq(plans.action, action)))
    .orderBy(desc(plans.id));
}

/** Starts a plan; null when it is not there to be started, or too many of the tenant's run already. */
export async function confirmPlan(
  db: D1Database,
  { tenantId, id }: PlanRef,
  perSecond: number,
  now: number,
): Promise<PlanRow | null> {
  const running = sql`(SELECT count(*) FROM plans INDEXED BY plans_running
    WHERE tenant_id = ${tenantId} AND state = 'running')`;
  const [row] = await drizzle(db)
    .update(plans)
    .set({ state: "running", perSecond, confirmedAt: now })
    .where(
      and(
        eq(plans.tenantId, tenantId),
        eq(plans.id, id),
        eq(plans.state, "planned"),
        sql`created_at > ${now - PLAN_LIFE_MS}`,
        sql`${running} < ${MOST_RUNNING_PLANS}`,
      ),
    )
    .returning();
  return row ?? null;
}

/** Stops a plan; null when it is not there, or over. A step that is under way is still counted. */
export async function cancelPlan(db: D1Database, { tenantId, id }: PlanRef, now: number): Promise<PlanRow | null> {
  const [row] = await drizzle(db)
    .update(plans)
    .set({ state: "cancelled", finishedAt: now })
    .where(and(eq(plans.tenantId, tenantId), eq(plans.id, id), sql`state IN ('planned', 'running')`))
    .returning();
  return row ?? null;
}

/**
 * Counts a step and moves the plan's place on, and returns the plan as it is then; null when its place is not the one
 * that the step began at, since another runner was faster. Of a plan that was all counted, and is through, what was not
 * found any more was skipped.
 */
export async function advancePlan(
  db: D1Database,
  { tenantId, id, place }: Pick<PlanRow, "tenantId" | "id" | "place">,
  advance: PlanAdvance,
  now: number,
): Promise<PlanRow | null> {
  const { done, failed, skipped, lastFailure } = advance;
  const over = advance.place === null;
  const missing = sql`max(skipped + ${skipped}, count - (done + ${done}) - (failed + ${failed}))`;
  const wasRunning = sql`state = 'running'`;
  const [row] = await drizzle(db)
    .update(plans)
    .set({
      place: advance.place ?? END,
      done: sql`done + ${done}`,
      failed: sql`failed + ${failed}`,
      skipped:
        over && !advance.truncated
          ? sql`iif(counted_all AND ${wasRunning}, ${missing}, skipped + ${skipped})`
          : sql`skipped + ${skipped}`,
      ...(lastFailure !== null && { lastFailure: JSON.stringify(lastFailure) }),
      ...(advance.truncated && { truncated: 1 }),
      ...(over && {
        state: sql`iif(${wasRunning}, 'finished', state)`,
        finishedAt: sql`iif(${wasRunning}, ${now}, finished_at)`,
      }),
    })
    .where(
      and(
        eq(plans.tenantId, tenantId),
        eq(plans.id, id),
        eq(plans.place, place),
        sql`(${wasRunning} OR (state = 'cancelled' AND confirmed_at IS NOT NULL))`,
      ),
    )
    .returning();
  return row ?? null;
}

/** Plans that run, of all tenants, in the order of their tenants and ids. */
export async function findRunningPlans(db: D1Database, after: PlanRef, limit: number): Promise<PlanRef[]> {
  const { results } = await db
    .prepare(
      `SELECT tenant_id AS tenantId, id FROM plans INDEXED BY plans_running
       WHERE state = 'running' AND (tenant_id, id) > (?1, ?2) ORDER BY tenant_id, id LIMIT ?3`,
    )
    .bind(after.tenantId, after.id, limit)
    .all<PlanRef>();
  return results;
}
