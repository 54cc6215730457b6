import { retryingFetch } from "../client/retrying-fetch.ts";
import type { JobList, JobView } from "../protocol/job-view.ts";
import type { JobListFilter } from "../protocol/jobs-api.ts";
import type { Connection } from "./connection.ts";

/** What a list may cost: a page of a filtered list looks at a bounded number of jobs, and may find none. */
export interface ListBounds {
  readonly jobs: number;
  readonly pages: number;
}

/** The newest jobs that were found. */
export interface FoundJobs {
  readonly jobs: readonly JobView[];
  /** Whether there may be more. */
  readonly more: boolean;
}

const LARGEST_PAGE = 100;
const TIMEOUT_MS = 30_000;

/**
 * The newest jobs, without payloads and results: a table does not show them, and they may be megabytes each.
 * @throws SluiceError
 */
export async function listJobs(connection: Connection, filter: JobListFilter, bounds: ListBounds): Promise<FoundJobs> {
  const jobs: JobView[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < bounds.pages; page++) {
    const limit = Math.min(LARGEST_PAGE, bounds.jobs - jobs.length);
    const { data, nextCursor }: JobList = await listPage(connection, queryOf(filter, limit, cursor));
    jobs.push(...data);
    cursor = nextCursor;
    if (cursor === null || jobs.length >= bounds.jobs) break;
  }
  return { jobs, more: cursor !== null };
}

function queryOf({ state, type, queue, group }: JobListFilter, limit: number, cursor: string | null): URLSearchParams {
  const query = new URLSearchParams({ limit: String(limit) });
  if (state !== undefined) query.set("state", [state].flat().join(","));
  if (type !== undefined) query.set("type", type);
  if (queue !== undefined) query.set("queue", queue);
  if (group !== undefined) query.set("group", group);
  if (cursor !== null) query.set("cursor", cursor);
  return query;
}

function listPage({ url, key, transport }: Connection, query: URLSearchParams): Promise<JobList> {
  const init = { headers: { Authorization: `Bearer ${key}` } };
  const read = (response: Response): Promise<JobList> => response.json();
  return retryingFetch(transport, { url: `${url}/v1/jobs?${query.toString()}`, init, read }, TIMEOUT_MS);
}
