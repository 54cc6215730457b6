import type { DueTick } from "../domain/schedule.ts";
import type { ScheduledDraft } from "../protocol/schedules.ts";
import { assertFence, type GateFence } from "./gate-fence.ts";
import { insertTickJobs, type Placed } from "./insert-jobs.ts";

/** A schedule whose next tick has come. */
export interface DueSchedule extends DueTick {
  readonly name: string;
  readonly updatedAt: number;
  readonly draft: ScheduledDraft;
}

/** What becomes of a due schedule: it goes on to its next tick, and the tick that has come may have a job. */
export interface Firing {
  readonly schedule: DueSchedule;
  readonly nextAt: number | null;
  readonly run: { readonly tick: number; readonly placed: Placed } | null;
}

/** What was done. */
export interface Fired {
  /** Names of the schedules that went on. */
  readonly advanced: ReadonlySet<string>;
  /** Ids of the jobs that are new. */
  readonly inserted: ReadonlySet<string>;
}

/** Schedules whose next tick has come, the longest overdue first. Reads two rows for each of them. */
export async function findDueSchedules(
  db: D1Database,
  tenantId: string,
  now: number,
  limit: number,
): Promise<DueSchedule[]> {
  const { results } = await db
    .prepare(
      `SELECT name, cron, timezone, missed, next_at AS nextAt, updated_at AS updatedAt, draft
       FROM schedules INDEXED BY schedules_due
       WHERE tenant_id = ?1 AND next_at IS NOT NULL AND next_at <= ?2 ORDER BY next_at LIMIT ?3`,
    )
    .bind(tenantId, now, limit)
    .all<Omit<DueSchedule, "draft"> & { draft: string }>();
  return results.map((row) => ({ ...row, draft: JSON.parse(row.draft) }));
}

// Guarded by what was read: a schedule that was changed, paused or deleted in the meantime stays as it is. The tenant is in the JSON, or the planner would read all of the tenant's schedules for each of them.
const UNFINISHED = `overlap = 'skip' AND EXISTS (SELECT 1 FROM jobs j
  WHERE j.tenant_id = schedules.tenant_id AND j.id = schedules.last_job_id AND j.finished_at IS NULL)`;
const ADVANCE = `
UPDATE schedules SET next_at = f.value->>4,
  last_tick = iif(f.value->>5 IS NULL OR (${UNFINISHED}), last_tick, f.value->>5),
  last_job_id = iif(f.value->>5 IS NULL OR (${UNFINISHED}), last_job_id, f.value->>6)
FROM json_each(?1) f
WHERE schedules.tenant_id = f.value->>0 AND schedules.name = f.value->>1 AND +schedules.next_at = f.value->>2
  AND schedules.updated_at = f.value->>3
RETURNING name`;

/**
 * Moves due schedules on to their next ticks and inserts the jobs of those that have come, as one transaction. First
 * each schedule takes the job for its last one, unless it is not to overlap and its last one has not finished; then
 * those jobs are inserted that a schedule has taken. Harmless when repeated: the id of a tick's job is always the same.
 * @param times `now`: when the jobs are created; `claimBy`: when a released one is due; `deadline`: of the write
 * @throws the errors of {@link assertFence}
 */
export async function fireTicks(
  db: D1Database,
  fence: GateFence,
  firings: readonly Firing[],
  times: { readonly now: number; readonly claimBy: number; readonly deadline: number },
): Promise<Fired> {
  const values = firings.map(({ schedule, nextAt, run }) => [
    fence.tenantId,
    schedule.name,
    schedule.nextAt,
    schedule.updatedAt,
    nextAt,
    run?.tick ?? null,
    run?.placed.draft.id ?? null,
  ]);
  const runs = firings.flatMap(({ schedule, run }) =>
    run === null ? [] : [{ ...run.placed, schedule: schedule.name }],
  );
  const [advanced, ...inserted] = await db.batch<{ name: string } & { id: string }>([
    db.prepare(ADVANCE).bind(JSON.stringify(values)),
    ...insertTickJobs(db, fence.tenantId, runs, times),
    assertFence(db, fence, times.deadline),
  ]);
  return {
    advanced: new Set(advanced?.results.map(({ name }) => name)),
    inserted: new Set(inserted.slice(0, -1).flatMap(({ results }) => results.map(({ id }) => id))),
  };
}
