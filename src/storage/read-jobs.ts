import { and, desc, eq, getTableColumns, inArray, lt, type SQL, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { JobState } from "../domain/job.ts";
import { type JobRow, jobs } from "./schema.ts";

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
  const [scanEnd] = await orm
    .select({ id: jobs.id })
    .from(jobs)
    .where(place)
    .orderBy(desc(jobs.id))
    .limit(1)
    .offset(SCANNED_ROWS - 1);
  const scanned = scanEnd ? and(place, sql`${jobs.id} >= ${scanEnd.id}`) : place;
  const rows = await orm
    .select(LISTED)
    .from(jobs)
    .where(and(scanned, wanted))
    .orderBy(desc(jobs.id))
    .limit(limit + 1);
  return page(rows, limit, scanEnd?.id ?? null);
}

function page(rows: readonly ListedJob[], limit: number, scanEnd: string | null): JobPage {
  if (rows.length <= limit) return { jobs: rows, nextAfter: scanEnd };
  const shown = rows.slice(0, limit);
  return { jobs: shown, nextAfter: shown.at(-1)?.id ?? null };
}
