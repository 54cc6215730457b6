import type { JobState } from "../../../src/domain/job.ts";
import type { JobView } from "../../../src/protocol/job-view.ts";
import { type NewJob, queuedView } from "../../http-front.ts";

interface JobRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly type: string;
  readonly queue: string;
  readonly priority: number;
  readonly state: JobState;
  readonly attempt: number;
  readonly max_attempts: number;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly finished_at: number | null;
}

/** Resolves once all of them are durable. */
export async function insertJobs(db: D1Database, jobs: readonly NewJob[]): Promise<void> {
  const insert = db.prepare(
    `INSERT INTO jobs (id, tenant_id, type, queue, priority, state, max_attempts, payload, created_at)
     VALUES (?1, ?2, ?3, ?4, ?5, 'queued', ?6, ?7, ?8)`,
  );
  const bound = jobs.map(({ id, tenantId, type, queue, priority, maxAttempts, payload, createdAt }) =>
    insert.bind(id, tenantId, type, queue, priority, maxAttempts, JSON.stringify(payload), createdAt),
  );
  const [only] = bound;
  if (bound.length === 1 && only !== undefined) await only.run();
  else await db.batch(bound);
}

/** Makes a queued job running; null when another delivery of its message was faster. */
export function claimJob(db: D1Database, id: string): Promise<{ payload: string; attempt: number } | null> {
  return db
    .prepare(
      `UPDATE jobs SET state = 'running', attempt = attempt + 1, started_at = ?2
       WHERE id = ?1 AND state = 'queued' RETURNING payload, attempt`,
    )
    .bind(id, Date.now())
    .first();
}

export async function finishJob(db: D1Database, id: string, attempt: number, result: unknown): Promise<void> {
  await db
    .prepare(
      `UPDATE jobs SET state = 'succeeded', result = ?3, finished_at = ?4
       WHERE id = ?1 AND state = 'running' AND attempt = ?2`,
    )
    .bind(id, attempt, JSON.stringify(result ?? null), Date.now())
    .run();
}

export async function findJob(db: D1Database, tenantId: string, id: string): Promise<JobView | null> {
  const row = await db
    .prepare("SELECT * FROM jobs WHERE id = ?1 AND tenant_id = ?2")
    .bind(id, tenantId)
    .first<JobRow>();
  if (row === null) return null;
  const { type, queue, priority, state, attempt, max_attempts: maxAttempts, created_at: createdAt } = row;
  return {
    ...queuedView({ id, tenantId, type, queue, priority, maxAttempts, createdAt }),
    state,
    attempt,
    startedAt: time(row.started_at),
    finishedAt: time(row.finished_at),
  };
}

function time(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
