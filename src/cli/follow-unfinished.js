import { setTimeout as pause } from "node:timers/promises";
import pLimit from "p-limit";
import { isTerminal, JOB_STATES } from "../domain/job.ts";
import { listJobs } from "./job-list.ts";

const UNFINISHED = JOB_STATES.filter((state) => !isTerminal(state));
/** Jobs that are followed at the same time; the next older take the place of those that end. */
const MOST_FOLLOWED = 100;
const MOST_PAGES = 5;
const INTERVAL_MS = 1000;
const READ_AT_ONCE = 10;
/**
 * Follows the tenant's unfinished jobs, the newest of them, and yields each as it is first seen and whenever its state
 * or attempt has changed. Ends when nothing is unfinished or the time is up. A second costs one list, and one request
 * for each job that has left it.
 * @param timeout in seconds; without an end when it is infinite
 * @throws SluiceError
 */
export async function* followUnfinished(connection, timeout) {
  const followed = new Map();
  const until = Date.now() + timeout * 1000;
  for (;;) {
    const { jobs: listed } = await listJobs(
      connection,
      { state: UNFINISHED },
      { jobs: MOST_FOLLOWED, pages: MOST_PAGES },
    );
    for (const job of [...(await readMissing(connection, followed, listed)), ...newestLast(listed, followed)]) {
      const known = followed.get(job.id);
      if (isTerminal(job.state)) followed.delete(job.id);
      else followed.set(job.id, job);
      if (known?.state !== job.state || known.attempt !== job.attempt) yield job;
    }
    const left = until - Date.now();
    if (followed.size === 0 || left <= 0) return;
    await pause(Math.min(INTERVAL_MS, left));
  }
}
// Those that are no longer listed have ended, or newer ones have taken their place in the list.
function readMissing({ jobs }, followed, listed) {
  const present = new Set(listed.map(({ id }) => id));
  const missing = [...followed.keys()].filter((id) => !present.has(id));
  return pLimit(READ_AT_ONCE).map(missing, (id) => jobs.get(id));
}
// As they were enqueued, and no more than may be followed.
function newestLast(listed, followed) {
  const room = MOST_FOLLOWED - followed.size;
  const strange = listed.filter(({ id }) => !followed.has(id)).slice(0, Math.max(0, room));
  return [...listed.filter(({ id }) => followed.has(id)), ...strange].toReversed();
}
