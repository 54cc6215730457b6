import { retryingFetch } from "../client/retrying-fetch.ts";

const LARGEST_PAGE = 100;
const TIMEOUT_MS = 30000;
/**
 * The newest jobs, without payloads and results: a table does not show them, and they may be megabytes each.
 * @throws SluiceError
 */
export async function listJobs(connection, filter, bounds) {
  const jobs = [];
  let cursor = null;
  for (let page = 0; page < bounds.pages; page++) {
    const limit = Math.min(LARGEST_PAGE, bounds.jobs - jobs.length);
    const { data, nextCursor } = await listPage(connection, queryOf(filter, limit, cursor));
    jobs.push(...data);
    cursor = nextCursor;
    if (cursor === null || jobs.length >= bounds.jobs) break;
  }
  return { jobs, more: cursor !== null };
}
function queryOf({ state, type, queue }, limit, cursor) {
  const query = new URLSearchParams({ limit: String(limit) });
  if (state !== undefined) query.set("state", [state].flat().join(","));
  if (type !== undefined) query.set("type", type);
  if (queue !== undefined) query.set("queue", queue);
  if (cursor !== null) query.set("cursor", cursor);
  return query;
}
function listPage({ url, key, transport }, query) {
  const init = { headers: { Authorization: `Bearer ${key}` } };
  const read = (response) => response.json();
  return retryingFetch(transport, { url: `${url}/v1/jobs?${query.toString()}`, init, read }, TIMEOUT_MS);
}
