import pLimit from "p-limit";
import { isTerminal } from "../domain/job.ts";

/** Requests that wait at the same time: the API answers each within 30 s. */
const WAITING_AT_ONCE = 20;
/**
 * Waits until all of these jobs have ended, or the time is up.
 * @param timeout in seconds; without an end when it is infinite
 * @param ended is told of each that has ended, in the order in which that is seen
 * @returns the jobs in the order of their ids
 * @throws SluiceError when one cannot be read; the other waits are given up
 */
export async function awaitEnds(jobs, ids, timeout, ended) {
  const giveUp = new AbortController();
  const until = Date.now() + timeout * 1000;
  try {
    return await pLimit(WAITING_AT_ONCE).map(ids, async (id) => {
      const left = Math.max(0, until - Date.now()) / 1000;
      const job = await jobs.wait(id, { timeout: left, signal: giveUp.signal });
      if (isTerminal(job.state)) ended(job);
      return job;
    });
  } finally {
    giveUp.abort();
  }
}
