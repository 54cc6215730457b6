import { setTimeout as pause } from "node:timers/promises";
import pLimit from "p-limit";
import { isTerminal, JOB_STATES } from "../domain/job.ts";
import type { JobView } from "../protocol/job-view.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import type { Connection } from "./connection.ts";
import { listJobs } from "./job-list.ts";
import { LiveChanges } from "./live-changes.ts";

const UNFINISHED = JOB_STATES.filter((state) => !isTerminal(state));
/** Jobs that are followed at the same time; the next older take the place of those that end. */
const MOST_FOLLOWED = 100;
const MOST_PAGES = 5;
/** However much happens, the jobs are looked at once in so long. */
const LEAST_PAUSE_MS = 1_000;
const READ_AT_ONCE = 10;
/** Ends that are remembered, so that none is told twice. */
const MOST_ENDS = 1_000;

/**
 * Follows the tenant's unfinished jobs, the newest of them, and yields each as it is first seen and whenever its state
 * or attempt has changed. Ends when nothing is unfinished or the time is up. Looks when live events tell of a change,
 * and each second where there are none: a look costs one list, and one request for each job that is not in it.
 * @param timeout in seconds; without an end when it is infinite
 * @param refused is told why there are no live events, if they are refused
 * @throws SluiceError
 */
export async function* followUnfinished(
  connection: Connection,
  timeout: number,
  refused: (error: unknown) => void,
): AsyncGenerator<JobView> {
  const followed = new Map<string, JobView>();
  const ended = new Set<string>();
  const until = Date.now() + timeout * 1_000;
  const changes = new LiveChanges(connection.events, refused);
  try {
    for (;;) {
      const looked = Date.now();
      // Before the jobs are read: what changes after that is looked at again.
      const changed = changes.take().filter((id) => !ended.has(id));
      const listed = await listUnfinished(connection);
      const missing = await readMissing(connection, [...followed.keys(), ...changed], listed);
      for (const job of [...missing, ...newestLast(listed, followed)]) {
        const known = followed.get(job.id);
        if (isTerminal(job.state)) {
          followed.delete(job.id);
          remember(ended, job.id);
        } else followed.set(job.id, job);
        if (known?.state !== job.state || known.attempt !== job.attempt) yield job;
      }
      const left = until - Date.now();
      if (followed.size === 0 || left <= 0) return;
      await changes.next(left);
      await pause(Math.max(0, Math.min(LEAST_PAUSE_MS - (Date.now() - looked), until - Date.now())));
    }
  } finally {
    changes.stop();
  }
}

async function listUnfinished(connection: Connection): Promise<readonly JobView[]> {
  const bounds = { jobs: MOST_FOLLOWED, pages: MOST_PAGES };
  return (await listJobs(connection, { state: UNFINISHED }, bounds)).jobs;
}

// Those that are not in the list have ended, or newer ones have taken their place in it.
async function readMissing(
  { jobs }: Connection,
  ids: readonly string[],
  listed: readonly JobView[],
): Promise<readonly JobView[]> {
  const present = new Set(listed.map(({ id }) => id));
  const missing = [...new Set(ids)].filter((id) => !present.has(id)).slice(0, MOST_FOLLOWED);
  const read = await pLimit(READ_AT_ONCE).map(missing, async (id) => {
    try {
      return [await jobs.get(id)];
    } catch (error) {
      // It may be of a type that the key is not for, or gone by now.
      if (error instanceof SluiceError && (error.status === 403 || error.status === 404)) return [];
      throw error;
    }
  });
  return read.flat();
}

// As they were enqueued, and no more than may be followed.
function newestLast(listed: readonly JobView[], followed: ReadonlyMap<string, JobView>): JobView[] {
  const room = MOST_FOLLOWED - followed.size;
  const strange = listed.filter(({ id }) => !followed.has(id)).slice(0, Math.max(0, room));
  return [...listed.filter(({ id }) => followed.has(id)), ...strange].toReversed();
}

function remember(ended: Set<string>, id: string): void {
  ended.add(id);
  const [oldest] = ended;
  if (ended.size > MOST_ENDS && oldest !== undefined) ended.delete(oldest);
}
