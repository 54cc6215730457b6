import { and, desc, eq, getTableColumns, inArray, lt, type SQL, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { JobState } from "../domain/job.ts";
import { findMembers } from "./job-groups.ts";
import { type JobRow, jobs } from "./schema/jobs.ts";

export interface JobFilter {
  readonly states?: readonly JobState[] | undefined;
  /** Of any of these types. */
  readonly types?: readonly string[] | undefined;
  readonly queue?: string | undefined;
}

/** A job as lists have it: what may be larger than its payload and result together is left out. */
export type ListedJob = Omit<JobRow, "steps" | "logs">;

export interface JobPage {
  readonly jobs: readonly ListedJob[];
  /** The id after which the next page begins, or null when this is the last. */
  readonly nextAfter: string | null;
}

/** Rows that a filtered page looks at, at most: half of the 5,000 that it may read, since its end is looked up too. */
const SCANNED_ROWS = 2_500;

const { steps: _steps, logs: _logs, ...LISTED } = getTableColumns(jobs);

/** One job of the tenant, or null. */
export async function readJob(db: D1Database, tenantId: string, id: string): Promise<JobRow | null> {
  const [row] = await drizzle(db)
    .select()
    .from(jobs)
    .where(and(eq(jobs.tenantId, tenantId), eq(jobs.id, id)));
  return row ?? null;
}

/** Those of the jobs that there are, in no order. */
export async function readJobs(db: D1Database, tenantId: string, ids: readonly string[]): Promise<JobRow[]> {
  const listed = sql`${jobs.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`;
  return drizzle(db)
    .select()
    .from(jobs)
    .where(and(eq(jobs.tenantId, tenantId), listed));
}

/** The state of one job, or null: what a waiting caller needs, without its payload. */
export async function readJobState(db: D1Database, tenantId: string, id: string): Promise<JobState | null> {
  return db
    .prepare("SELECT state FROM jobs WHERE tenant_id = ?1 AND id = ?2")
    .bind(tenantId, id)
    .first<JobState>("state");
}

/**
 * A page of the tenant's jobs, newest first. A filtered page reads a bounded number of rows: it may come with fewer
 * jobs than asked for, even none, and still have a next.
 */
export async function listJobs(
  db: D1Database,
  tenantId: string,
  filter: JobFilter,
  beforeId: string | null,
  limit: number,
): Promise<JobPage> {
  const orm = drizzle(db);
  const place = and(eq(jobs.tenantId, tenantId), beforeId === null ? undefined : lt(jobs.id, beforeId));
  const filters: (SQL | undefined)[] = [
    filter.states && inArray(jobs.state, [...filter.states]),
    filter.types && inArray(jobs.type, [...filter.types]),
    filter.queue === undefined ? undefined : eq(jobs.queue, filter.queue),
  ];
  const wanted = and(...filters);
  if (wanted === undefined) {
    return page(
      await orm
        .select(LISTED)
        .from(jobs)
        .where(place)
        .orderBy(desc(jobs.id))
        .limit(limit + 1),
      limit,
      null,
    );
  }
  // Among all jobs those that have failed may be far apart: they are found by themselves.
  const isFailed = filter.states?.every((state) => state === "failed") === true;
  const looked = isFailed ? sql`jobs INDEXED BY jobs_failed` : sql`jobs`;
  const placed = isFailed ? and(place, sql`state = 'failed'`) : place;
  const isAnyFailed = isFailed && filter.types === undefined && filter.queue === undefined;
  const [scanEnd] = isAnyFailed
    ? []
    : await orm.all<{ id: string }>(
        sql`SELECT id FROM ${looked} WHERE ${placed} ORDER BY id DESC LIMIT 1 OFFSET ${SCANNED_ROWS - 1}`,
      );
  const scanned = scanEnd ? and(placed, sql`${jobs.id} >= ${scanEnd.id}`) : placed;
  const found = sql`SELECT id FROM ${looked} WHERE ${and(scanned, wanted)} ORDER BY id DESC LIMIT ${limit + 1}`;
  const rows = await orm
    .select(LISTED)
    .from(jobs)
    .where(isFailed ? and(eq(jobs.tenantId, tenantId), sql`${jobs.id} IN (${found})`) : and(scanned, wanted))
    .orderBy(desc(jobs.id))
    .limit(limit + 1);
  return page(rows, limit, scanEnd?.id ?? null);
}

/** A page of a group's members, as they were enqueued, newest first. */
export async function listMembers(
  db: D1Database,
  tenantId: string,
  groupId: string,
  filter: JobFilter,
  beforeId: string | null,
  limit: number,
): Promise<JobPage> {
  const ids = await findMembers(db, tenantId, groupId, filter, beforeId, limit + 1);
  const rows = await readJobs(db, tenantId, ids);
  return page(
    rows.toSorted((a, b) => (a.id < b.id ? 1 : -1)),
    limit,
    null,
  );
}

function page(rows: readonly ListedJob[], limit: number, scanEnd: string | null): JobPage {
  if (rows.length <= limit) return { jobs: rows, nextAfter: scanEnd };
  const shown = rows.slice(0, limit);
  return { jobs: shown, nextAfter: shown.at(-1)?.id ?? null };
}
