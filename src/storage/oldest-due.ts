import { laneHeads } from "./waiting-jobs.ts";

/** Jobs that are looked at of those that are overdue, and of those in the Queue or running. */
const MOST_TIMED = 1_000;
/** Queues and priorities that are looked at for who waits longest; of one queue, its priorities. */
const MOST_LANES = 300;

type Since = { readonly queue: string; readonly since: number };

/**
 * Since when the job waits that should have started before all others, for room, for its gate or in the Queue, of each
 * of these queues (null: of all together); a queue without such a job is left out. Reads a bounded number of rows.
 * @param now milliseconds since the epoch
 */
export async function readOldestDue(
  db: D1Database,
  tenantId: string,
  queues: ReadonlySet<string | null>,
  now: number,
): Promise<ReadonlyMap<string | null, number>> {
  const asked = [...queues];
  const [timed, ...heads] = await db.batch<Since & { readyAt: number }>([
    timedSince(db, tenantId, now),
    ...asked.map((queue) => laneHeads(db, tenantId, MOST_LANES, queue ?? undefined)),
  ]);
  return new Map(
    asked.flatMap((queue, index) => {
      const due = (timed?.results ?? []).filter((row) => queue === null || row.queue === queue);
      const times = [...due.map(({ since }) => since), ...(heads[index]?.results ?? []).map(({ readyAt }) => readyAt)];
      return times.length === 0 ? [] : [[queue, times.reduce((least, time) => Math.min(least, time))] as const];
    }),
  );
}

// Whose time has come, and nobody has moved them on; and who was sent, and nobody has claimed them.
function timedSince(db: D1Database, tenantId: string, now: number): D1PreparedStatement {
  const timed = (released: 0 | 1, until = "") => `FROM jobs INDEXED BY jobs_timed
    WHERE tenant_id = ?1 AND released = ${released} AND due_at IS NOT NULL ${until} ORDER BY due_at LIMIT ${MOST_TIMED}`;
  return db
    .prepare(
      `SELECT queue, min(due_at) AS since FROM (SELECT queue, due_at ${timed(0, "AND due_at <= ?2")}) GROUP BY queue
       UNION ALL
       SELECT queue, min(since) FROM (SELECT queue, state, coalesce(ready_at, created_at) AS since ${timed(1)})
       WHERE state = 'queued' GROUP BY queue`,
    )
    .bind(tenantId, now);
}
