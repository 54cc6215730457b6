import { type Following, surelyFollowed } from "../domain/following.ts";
import type { SettledJob, Settlement } from "../protocol/gate.ts";
import type { FollowUp } from "./ending-jobs.ts";
import { type Field, type FoldedRows, foldRows } from "./folded-rows.ts";
import { insertFollowUps } from "./follow-ups.ts";
import { type ChildJobs, insertChildren } from "./insert-children.ts";
import { mergedLogs } from "./job-logs.ts";

/** How an attempt ended, as it is written. Exactly one of `dueAt` and `finishedAt` is set. */
export interface Finish extends Omit<Settlement, "job">, Following {
  readonly tenantId: string;
  /** Milliseconds since the epoch. */
  readonly endedAt: number;
  readonly finishedAt: number | null;
  /** Whether the attempt counts as a failure. */
  readonly failed: boolean;
  readonly result: string | null;
  readonly resultBlob: string | null;
  /** The ids of the blobs that the attempt has made and its result names. */
  readonly blobs: readonly string[];
  /** The ids of all blobs that its result names, where a job follows that gets the result. */
  readonly resultBlobs?: readonly string[];
  /** What it has enqueued; nobody's unless it has succeeded. */
  readonly children?: ChildJobs;
  /** JSON, added to the job's history of failures. */
  readonly error: string | null;
  /** What the attempt has said, as JSON. */
  readonly logs?: string | null;
  /** What live events tell of it, beside the error. */
  readonly job?: Omit<SettledJob, "error">;
}

/** The largest JSON that one finish statement carries, in characters. */
export const FINISH_CHARACTERS = 500_000;

/** The tenant and the id: a plan that does not find the jobs by them reads the whole table. */
const FOUND_BY = new Set([0, 1]);

function updateJobs(field: FoldedRows["field"], returned: string): string {
  const cancelled = `cancel_at IS NOT NULL AND ${field(3)} IN ('retrying', 'scheduled')`;
  return `UPDATE jobs SET state = iif(${cancelled}, 'cancelled', ${field(3)}), released = 0, ready_at = NULL,
       due_at = iif(${cancelled}, NULL, ${field(4)}), finished_at = iif(${cancelled}, ${field(10)}, ${field(5)}),
       lease_until = NULL,
       unique_key = iif(unique_until IS NULL AND (${cancelled} OR ${field(5)} IS NOT NULL), NULL, unique_key),
       failures = failures + ${field(6)}, result = ${field(7)}, result_blob = ${field(8)},
       errors = iif(${field(9)} IS NULL, errors,
         json_insert(coalesce(errors, '[]'), '$[#]', json(${field(9)}))),
       logs = ${mergedLogs(field(11))}
     FROM json_each(?1) f
     WHERE jobs.tenant_id = ${field(0)} AND jobs.id = ${field(1)} AND jobs.attempt = ${field(2)}
       AND jobs.state = 'running'
     ${returned}`;
}

const ENDED = "RETURNING tenant_id AS tenantId, id, attempt, state, due_at AS dueAt";

/**
 * Ends attempts, all in one statement, and returns those that it ended, as it did. Fenced: an attempt that no longer
 * runs, since its lease was lost or somebody finished it before, is left as it is. One that would run again is
 * `cancelled` instead when somebody has asked for that. What follows on a job's end is inserted with it.
 */
export async function finishJobs(db: D1Database, finishes: readonly Finish[]): Promise<Finish[]> {
  const { json, shared, field } = foldRows(finishes.map(values), "f", 2, FOUND_BY);
  const before = nameBlobs(db, finishes);
  const after = followUps(db, finishes);
  const isAlone = before.length + after.length === 0;
  // What is over for good ends as it says, or not at all.
  const isCounted = isAlone && finishes.every(({ finishedAt }) => finishedAt !== null);
  const update = db.prepare(updateJobs(field, isCounted ? "" : ENDED)).bind(`[${json.join(",")}]`, ...shared);
  if (isCounted) return counted(db, finishes, (await update.all()).meta.changes);
  if (isAlone) return matching(finishes, (await update.all<EndedAttempt>()).results);
  const [ended, ...followed] = (await db.batch([...before, update, ...after])).slice(before.length);
  const rows = followed.flatMap(({ results }) => results as FollowUp[]);
  const due = rows.filter(({ dueAt }) => dueAt !== null);
  const byParent = Map.groupBy(due, ({ tenantId, parentId }) => `${tenantId}/${parentId}`);
  const stopped = new Set(rows.flatMap(({ tenantId, parentId }) => (parentId === null ? [tenantId] : [])));
  return matching(finishes, (ended?.results ?? []) as EndedAttempt[]).map((finish) => {
    const followUps = byParent.get(`${finish.tenantId}/${finish.id}`)?.length;
    const looksAgain = stopped.has(finish.tenantId);
    return { ...finish, ...(followUps !== undefined && { followUps }), ...(looksAgain && { looksAgain }) };
  });
}

// To count what was ended takes less time than to list it, and nearly always that was all.
async function counted(db: D1Database, finishes: readonly Finish[], ended: number): Promise<Finish[]> {
  return ended === finishes.length ? [...finishes] : findFinished(db, finishes);
}

function followUps(db: D1Database, finishes: readonly Finish[]): D1PreparedStatement[] {
  const ending = finishes.map((finish) => {
    const { finishedAt, endedAt, resultBlobs = [] } = finish;
    return { ...finish, at: finishedAt ?? endedAt, blobs: resultBlobs };
  });
  const children = finishes.flatMap((finish) => (finish.state === "succeeded" ? insertChildren(db, finish) : []));
  return [...children, ...insertFollowUps(db, ending)];
}

// Before the update, which ends what still runs: a late attempt names nothing.
function nameBlobs(db: D1Database, finishes: readonly Finish[]): D1PreparedStatement[] {
  const named = finishes.flatMap(({ tenantId, id, attempt, blobs }) =>
    blobs.map((blob) => [tenantId, id, attempt, blob]),
  );
  if (named.length === 0) return [];
  const insert = db.prepare(
    `INSERT INTO job_blobs (tenant_id, blob_id, job_id)
     SELECT b.value->>0, b.value->>3, b.value->>1 FROM json_each(?1) b
     WHERE EXISTS (SELECT 1 FROM jobs WHERE tenant_id = b.value->>0 AND id = b.value->>1 AND attempt = b.value->>2
       AND state = 'running')
     ON CONFLICT DO NOTHING`,
  );
  return [insert.bind(JSON.stringify(named))];
}

/** Which of the attempts have ended as given: for finishes whose reply was lost, and with it what has followed. */
export async function findFinished(db: D1Database, finishes: readonly Finish[]): Promise<Finish[]> {
  const { results } = await db
    .prepare(
      `SELECT j.tenant_id AS tenantId, j.id, j.attempt, j.state, j.due_at AS dueAt FROM json_each(?1) f CROSS JOIN jobs j
       WHERE j.tenant_id = f.value->>0 AND j.id = f.value->>1 AND j.attempt = f.value->>2
         AND j.state IN (f.value->>3, 'cancelled')`,
    )
    .bind(JSON.stringify(finishes.map(({ tenantId, id, attempt, state }) => [tenantId, id, attempt, state])))
    .all<EndedAttempt>();
  return matching(finishes, results).map((finish) => ({
    ...finish,
    followUps: surelyFollowed(finish, finish.state) + (finish.children?.drafts.length ?? 0),
    looksAgain: true,
  }));
}

type AttemptRef = Pick<Finish, "tenantId" | "id" | "attempt">;
type EndedAttempt = AttemptRef & Pick<Finish, "state" | "dueAt">;

function values(finish: Finish): Field[] {
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
    finish.endedAt,
    finish.logs ?? null,
  ];
}

function matching(finishes: readonly Finish[], rows: readonly EndedAttempt[]): Finish[] {
  const ended = new Map(rows.map((row) => [key(row), row]));
  return finishes.flatMap((finish) => {
    const row = ended.get(key(finish));
    return row === undefined ? [] : [{ ...finish, state: row.state, dueAt: row.dueAt }];
  });
}

function key({ tenantId, id, attempt }: AttemptRef): string {
  return `${tenantId}/${id}/${attempt}`;
}
