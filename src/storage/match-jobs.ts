import { firstJobIdAt } from "../domain/id.ts";
import type { JobState } from "../domain/job.ts";

/** Which jobs a plan is for. Times are milliseconds since the epoch. */
export interface JobMatch {
  readonly states: readonly JobState[];
  readonly type: string | null;
  readonly queue: string | null;
  /** A part of the last error, written as "Name: message". */
  readonly error: string | null;
  /** Jobs whose ids are of before that time, and which were stored by `storedBy`. */
  readonly before: number;
  readonly storedBy: number;
  /** Finished by then; null: whenever, or not. */
  readonly finishedBy: number | null;
  /** Or cancelled since then, whatever else of a state. */
  readonly cancelledSince: number | null;
}

export interface MatchedJob {
  readonly id: string;
  readonly state: JobState;
}

/** Some of the jobs that match, in the order of their ids. */
export interface MatchPage {
  readonly jobs: readonly MatchedJob[];
  /** Where the next page begins; null when there are no more. */
  readonly place: string | null;
}

/** How many of the next so many jobs match. */
export interface MatchCount {
  readonly matching: number;
  /** Null when there are no more jobs. */
  readonly place: string | null;
}

/** The place before the first job of a time. */
export function placeBefore(time: number | null): string {
  return time === null ? "" : firstJobIdAt(time).slice(0, -1);
}

/**
 * The first `jobs` of the matching jobs after `place`, looking at no more than `rows` jobs. Reads as many rows as it
 * looks at, and once more as many when it did not find enough.
 */
export async function findMatches(
  db: D1Database,
  tenantId: string,
  match: JobMatch,
  place: string,
  limits: { readonly jobs: number; readonly rows: number },
): Promise<MatchPage> {
  // Without an order of its own: it would look at all rows before it returns the first.
  const { results } = await db
    .prepare(`SELECT id, state FROM (${looked(match.states)}) WHERE matches LIMIT ?11`)
    .bind(...values(tenantId, match, place, limits.rows), limits.jobs + 1)
    .all<MatchedJob>();
  // One more was asked for, so that the last page is known as the last.
  if (results.length > limits.jobs) {
    const jobs = results.slice(0, limits.jobs);
    return { jobs, place: jobs.at(-1)?.id ?? null };
  }
  const end = await db
    .prepare("SELECT id FROM jobs WHERE tenant_id = ?1 AND id > ?2 AND id < ?3 ORDER BY id LIMIT 1 OFFSET ?4")
    .bind(tenantId, place, firstJobIdAt(match.before), limits.rows - 1)
    .first<string>("id");
  return { jobs: results, place: end };
}

/** How many of the `rows` jobs after `place` match. Reads as many rows. */
export async function countMatches(
  db: D1Database,
  tenantId: string,
  match: JobMatch,
  place: string,
  rows: number,
): Promise<MatchCount> {
  const row = await db
    .prepare(`SELECT count(*) AS jobs, sum(matches) AS matching, max(id) AS last FROM (${looked(match.states)})`)
    .bind(...values(tenantId, match, place, rows))
    .first<{ jobs: number; matching: number | null; last: string | null }>();
  return { matching: row?.matching ?? 0, place: row?.jobs === rows ? row.last : null };
}

// The error is looked at last, and only for jobs that match otherwise: it stands at the end of a row that may be long.
function looked(states: readonly JobState[]): string {
  const listed = states.map((state) => `'${state}'`).join(", ");
  return `SELECT id, state, iif(
      (state IN (${listed}) OR (state = 'cancelled' AND cancel_at >= ?9))
        AND (?5 IS NULL OR type = ?5) AND (?6 IS NULL OR queue = ?6) AND created_at <= ?7
        AND (?8 IS NULL OR finished_at <= ?8),
      ?10 IS NULL OR coalesce(
        instr(errors->>'$[#-1].name' || ': ' || (errors->>'$[#-1].message'), ?10) > 0, 0), 0) AS matches
    FROM jobs WHERE tenant_id = ?1 AND id > ?2 AND id < ?3 ORDER BY id LIMIT ?4`;
}

function values(tenantId: string, match: JobMatch, place: string, rows: number): unknown[] {
  const { type, queue, error, before, storedBy, finishedBy, cancelledSince } = match;
  return [tenantId, place, firstJobIdAt(before), rows, type, queue, storedBy, finishedBy, cancelledSince, error];
}
