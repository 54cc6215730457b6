import type { JobState } from "../domain/job.ts";

/** What followers of a job are told of it. */
export interface FollowedJob {
  readonly id: string;
  readonly type: string;
  readonly queue: string;
  readonly state: JobState;
  readonly attempt: number;
  readonly finishedAt: number | null;
  /** The name of the last error. */
  readonly error: string | null;
}

/** What live events need of a tenant in D1. */
export interface FollowedTenant {
  /** Those of the tenant's jobs that there are, in no order. */
  readonly read: (jobIds: readonly string[]) => Promise<readonly FollowedJob[]>;
  /** Has consumers tell the tenant's gate of starts and progress until then (milliseconds since the epoch). */
  readonly mark: (until: number) => Promise<void>;
  /** Takes the mark away, unless it is one that ends at `before` or later. */
  readonly unmark: (before: number) => Promise<void>;
}

export function followedTenant(db: D1Database, tenantId: string): FollowedTenant {
  return {
    read: (jobIds) => readFollowed(db, tenantId, jobIds),
    async mark(until) {
      await db.prepare("UPDATE tenants SET watched_until = ?2 WHERE id = ?1").bind(tenantId, until).run();
    },
    async unmark(before) {
      await db
        .prepare("UPDATE tenants SET watched_until = NULL WHERE id = ?1 AND watched_until < ?2")
        .bind(tenantId, before)
        .run();
    },
  };
}

async function readFollowed(db: D1Database, tenantId: string, jobIds: readonly string[]): Promise<FollowedJob[]> {
  const { results } = await db
    .prepare(
      `SELECT j.id, j.type, j.queue, j.state, j.attempt, j.finished_at AS finishedAt,
         j.errors->>'$[#-1].name' AS error
       FROM json_each(?2) r CROSS JOIN jobs j WHERE j.tenant_id = ?1 AND j.id = r.value`,
    )
    .bind(tenantId, JSON.stringify(jobIds))
    .all<FollowedJob>();
  return results;
}
