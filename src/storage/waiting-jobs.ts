/** The job that has waited longest of those of one queue and priority. */
export interface LaneHead {
  readonly queue: string;
  readonly priority: number;
  /** Since when it waits for room, milliseconds since the epoch. */
  readonly readyAt: number;
}

const WAITS = "tenant_id = ?1 AND ready_at IS NOT NULL AND released = 0";

/**
 * The longest waiting job of each queue and priority, by queue: at most so many. Skips from one to the next: reads about
 * four rows for each.
 */
export async function readLaneHeads(
  db: D1Database,
  tenantId: string,
  limit: number,
  queue?: string,
): Promise<LaneHead[]> {
  const { results } = await laneHeads(db, tenantId, limit, queue).all<LaneHead>();
  return results;
}

/** The statement of {@link readLaneHeads}. */
export function laneHeads(db: D1Database, tenantId: string, limit: number, queue?: string): D1PreparedStatement {
  const head = (condition: string) => `(SELECT id FROM jobs INDEXED BY jobs_waiting
    WHERE ${WAITS} ${condition} ORDER BY queue, priority DESC, ready_at LIMIT 1)`;
  const next = `coalesce(${head("AND queue = j.queue AND priority < j.priority")},
    ${queue === undefined ? head("AND queue > j.queue") : "NULL"})`;
  const statement = db.prepare(
    `WITH RECURSIVE head(id) AS (
       SELECT ${head(queue === undefined ? "" : "AND queue = ?3")}
       UNION ALL
       SELECT ${next} FROM head h CROSS JOIN jobs j WHERE j.tenant_id = ?1 AND j.id = h.id LIMIT ?2)
     SELECT j.queue, j.priority, j.ready_at AS readyAt FROM head h CROSS JOIN jobs j
     WHERE j.tenant_id = ?1 AND j.id = h.id`,
  );
  return queue === undefined ? statement.bind(tenantId, limit) : statement.bind(tenantId, limit, queue);
}

/** How many jobs of each of these queues wait for room, counted up to `most` each: reads so many rows at most. */
export async function countWaiting(
  db: D1Database,
  tenantId: string,
  queues: readonly string[],
  most: number,
): Promise<Map<string, number>> {
  if (queues.length === 0) return new Map();
  const { results } = await db
    .prepare(
      `SELECT q.value AS queue, (SELECT count(*) FROM (SELECT 1 FROM jobs INDEXED BY jobs_waiting
         WHERE ${WAITS} AND queue = q.value LIMIT ?3)) AS jobs
       FROM json_each(?2) q`,
    )
    .bind(tenantId, JSON.stringify(queues), most)
    .all<{ queue: string; jobs: number }>();
  return new Map(results.map(({ queue, jobs }) => [queue, jobs]));
}

/** How many jobs of a tenant wait for a later time, counted up to `most`; and how many hold a slot, by queue. */
export async function readTimed(
  db: D1Database,
  tenantId: string,
  most: number,
): Promise<{ readonly delayed: number; readonly inFlight: ReadonlyMap<string, number> }> {
  const timed = (released: 0 | 1) => `jobs INDEXED BY jobs_timed
    WHERE tenant_id = ?1 AND released = ${released} AND due_at IS NOT NULL LIMIT ?2`;
  const [delayed, held] = await db.batch<{ delayed: number } & { queue: string; jobs: number }>([
    db.prepare(`SELECT count(*) AS delayed FROM (SELECT 1 FROM ${timed(0)})`).bind(tenantId, most),
    db
      .prepare(`SELECT queue, count(*) AS jobs FROM (SELECT queue FROM ${timed(1)}) GROUP BY queue`)
      .bind(tenantId, most),
  ]);
  return {
    delayed: delayed?.results[0]?.delayed ?? 0,
    inFlight: new Map(held?.results.map(({ queue, jobs }) => [queue, jobs])),
  };
}

/** How many jobs of a tenant hold a slot, and how many unfinished ones hold none. */
export interface Unfinished {
  readonly inFlight: number;
  readonly backlog: number;
}

/** The statement that counts a tenant's unfinished jobs, up to `most` of each kind: reads no more rows than it counts. */
export function countUnfinished(db: D1Database, tenantId: string, most: number): D1PreparedStatement {
  const timed = (released: 0 | 1) => `(SELECT count(*) FROM (SELECT 1 FROM jobs INDEXED BY jobs_timed
    WHERE tenant_id = ?1 AND released = ${released} AND due_at IS NOT NULL LIMIT ?2))`;
  const waiting = `(SELECT count(*) FROM (SELECT 1 FROM jobs INDEXED BY jobs_waiting WHERE ${WAITS} LIMIT ?2))`;
  return db.prepare(`SELECT ${timed(1)} AS inFlight, ${timed(0)} + ${waiting} AS backlog`).bind(tenantId, most);
}

/** The tenant's own concurrency; null: the deployment's. */
export async function readConcurrency(db: D1Database, tenantId: string): Promise<number | null> {
  return db.prepare("SELECT concurrency FROM tenants WHERE id = ?1").bind(tenantId).first<number>("concurrency");
}

/**
 * Of the first tenants by their ids, those with the newest jobs. Ids of jobs tell their times: one row is read of each
 * tenant, and one of its jobs.
 */
export async function findActiveTenants(
  db: D1Database,
  looked: number,
  most: number,
): Promise<{ readonly id: string }[]> {
  const { results } = await db
    .prepare(
      `SELECT id FROM (
         SELECT t.id, (SELECT id FROM jobs j WHERE j.tenant_id = t.id ORDER BY j.id DESC LIMIT 1) AS newest
         FROM (SELECT id FROM tenants ORDER BY id LIMIT ?1) t)
       WHERE newest IS NOT NULL ORDER BY newest DESC LIMIT ?2`,
    )
    .bind(looked, most)
    .all<{ id: string }>();
  return results;
}

/** How many tenants there are, counted up to `most`. */
export async function countTenants(db: D1Database, most: number): Promise<number> {
  const row = await db
    .prepare("SELECT count(*) AS n FROM (SELECT 1 FROM tenants LIMIT ?1)")
    .bind(most)
    .first<{ n: number }>();
  return row?.n ?? 0;
}
