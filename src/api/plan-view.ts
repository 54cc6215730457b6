import { PLAN_LIFE_MS } from "../domain/plan.ts";
import type { PlanFailure, PlanView } from "../protocol/plan-view.ts";
import type { PlanFilter } from "../protocol/plans.ts";
import type { PlanRow } from "../storage/schema/plans.ts";

/** Whether nobody has confirmed a plan in time. */
export function isExpired({ state, createdAt }: PlanRow, now: number): boolean {
  return state === "planned" && createdAt + PLAN_LIFE_MS <= now;
}

/** A plan's row as callers see it. */
export function planView(row: PlanRow, now: number): PlanView {
  return {
    id: row.id,
    action: row.action,
    filter: JSON.parse(row.filter) as PlanFilter,
    state: isExpired(row, now) ? "expired" : row.state,
    count: row.count,
    counted: row.countedAll === 1 ? "all" : "at least",
    ...(row.truncated === 1 && { truncated: true }),
    done: row.done,
    failed: row.failed,
    skipped: row.skipped,
    lastFailure: row.lastFailure === null ? null : (JSON.parse(row.lastFailure) as PlanFailure),
    perSecond: row.perSecond,
    createdAt: time(row.createdAt),
    expiresAt: time(row.createdAt + PLAN_LIFE_MS),
    confirmedAt: row.confirmedAt === null ? null : time(row.confirmedAt),
    finishedAt: row.finishedAt === null ? null : time(row.finishedAt),
  };
}

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
