import type { Settlement } from "../protocol/gate.ts";

/** How an attempt ended, as it is written. Exactly one of `dueAt` and `finishedAt` is set. */
export interface Finish extends Settlement {
  readonly tenantId: string;
  readonly finishedAt: number | null;
  /** Whether the attempt counts as a failure. */
  readonly failed: boolean;
  readonly result: string | null;
  readonly resultBlob: string | null;
  /** The ids of the blobs that the attempt has made and its result names. */
  readonly blobs: readonly string[];
  /** JSON, added to the job's history of failures. */
  readonly error: string | null;
}

/** The largest JSON that one finish statement carries, in characters. */
export const FINISH_CHARACTERS = 500_000;

/**
 * Ends attempts, all in one statement, and returns those that it ended. Fenced: an attempt that no longer runs, since
 * its lease was lost or somebody finished it before, is left as it is.
 */
export async function finishJobs(db: D1Database, finishes: readonly Finish[]): Promise<Finish[]> {
  const update = db
    .prepare(
      `UPDATE jobs SET state = f.value->>3, released = 0, ready_at = NULL, due_at = f.value->>4,
         finished_at = f.value->>5, lease_until = NULL, failures = failures + f.value->>6, result = f.value->>7,
         result_blob = f.value->>8, errors = iif(f.value->>9 IS NULL, errors,
           json_insert(coalesce(errors, '[]'), '$[#]', json(f.value->>9)))
       FROM json_each(?1) f
       WHERE jobs.tenant_id = f.value->>0 AND jobs.id = f.value->>1 AND jobs.attempt = f.value->>2
         AND jobs.state = 'running'
       RETURNING tenant_id AS tenantId, id, attempt`,
    )
    .bind(JSON.stringify(finishes.map(values)));
  const names = nameBlobs(db, finishes);
  if (names === null) return matching(finishes, (await update.all<AttemptRef>()).results);
  const [, ended] = await db.batch<AttemptRef>([names, update]);
  return matching(finishes, ended?.results ?? []);
}

// Before the update, which ends what still runs: a late attempt names nothing.
function nameBlobs(db: D1Database, finishes: readonly Finish[]): D1PreparedStatement | null {
  const named = finishes.flatMap(({ tenantId, id, attempt, blobs }) =>
    blobs.map((blob) => [tenantId, id, attempt, blob]),
  );
  if (named.length === 0) return null;
  const insert = db.prepare(
    `INSERT INTO job_blobs (tenant_id, blob_id, job_id)
     SELECT b.value->>0, b.value->>3, b.value->>1 FROM json_each(?1) b
     WHERE EXISTS (SELECT 1 FROM jobs WHERE tenant_id = b.value->>0 AND id = b.value->>1 AND attempt = b.value->>2
       AND state = 'running')
     ON CONFLICT DO NOTHING`,
  );
  return insert.bind(JSON.stringify(named));
}

/** Which of the attempts have ended as given: for finishes whose reply was lost. */
export async function findFinished(db: D1Database, finishes: readonly Finish[]): Promise<Finish[]> {
  const { results } = await db
    .prepare(
      `SELECT j.tenant_id AS tenantId, j.id, j.attempt FROM json_each(?1) f CROSS JOIN jobs j
       WHERE j.tenant_id = f.value->>0 AND j.id = f.value->>1 AND j.attempt = f.value->>2 AND j.state = f.value->>3`,
    )
    .bind(JSON.stringify(finishes.map(({ tenantId, id, attempt, state }) => [tenantId, id, attempt, state])))
    .all<AttemptRef>();
  return matching(finishes, results);
}

interface AttemptRef {
  tenantId: string;
  id: string;
  attempt: number;
}

function values(finish: Finish): unknown[] {
  return [
    finish.tenantId,
    finish.id,
    finish.attempt,
    finish.state,
    finish.dueAt,
    finish.finishedAt,
    finish.failed ? 1 : 0,
    finish.result,
    finish.resultBlob,
    finish.error,
  ];
}

function matching(finishes: readonly Finish[], rows: readonly AttemptRef[]): Finish[] {
  const ended = new Set(rows.map(key));
  return finishes.filter((finish) => ended.has(key(finish)));
}

function key({ tenantId, id, attempt }: AttemptRef): string {
  return `${tenantId}/${id}/${attempt}`;
}
