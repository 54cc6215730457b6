import type { JobRef } from "./claim-jobs.ts";
import { mergedLogs } from "./job-logs.ts";

/** Steps that have ended in an attempt. */
export interface StepsToStore extends JobRef {
  readonly attempt: number;
  /** A JSON object: each step by its name. */
  readonly steps: string;
  /** What a claim returns of the job from now on. */
  readonly claimedBytes: number;
  /** All that the attempt has said so far, as JSON; null: nothing. */
  readonly logs: string | null;
}

/**
 * Adds steps to those of their jobs, one row for each job, and returns the jobs as "tenant/job" whose attempt still
 * runs; the others are left as they are. Repeating it changes nothing: a step is kept by its name.
 */
export async function storeSteps(db: D1Database, stored: readonly StepsToStore[]): Promise<Set<string>> {
  const { results } = await db
    .prepare(
      `UPDATE jobs SET steps = json_patch(coalesce(steps, '{}'), s.value->>3), payload_bytes = s.value->>4,
         logs = ${mergedLogs("s.value->>5")}
       FROM json_each(?1) s
       WHERE jobs.tenant_id = s.value->>0 AND jobs.id = s.value->>1 AND jobs.attempt = s.value->>2
         AND jobs.state = 'running'
       RETURNING tenant_id AS tenantId, id`,
    )
    .bind(
      JSON.stringify(
        stored.map(({ tenantId, id, attempt, steps, claimedBytes, logs }) => [
          tenantId,
          id,
          attempt,
          steps,
          claimedBytes,
          logs,
        ]),
      ),
    )
    .all<JobRef>();
  return new Set(results.map(({ tenantId, id }) => `${tenantId}/${id}`));
}
