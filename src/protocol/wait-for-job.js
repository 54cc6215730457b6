import { isTerminal } from "../domain/job.ts";

/** Between two calls of one wait, at least. */
const LEAST_BETWEEN_MS = 1000;
/** The longest that one call waits, in seconds. */
export const LONGEST_WAIT_SECONDS = 30;
/**
 * Waits for a job in calls of bounded length, until it has finished or the time is up.
 * @param waitOnce answers with the job once it has finished, or as it is after so many seconds
 * @throws the signal's reason when it aborts
 */
export async function waitForJob(waitOnce, { timeout = LONGEST_WAIT_SECONDS, signal } = {}) {
  const until = Date.now() + timeout * 1000;
  for (;;) {
    const asked = Date.now();
    const left = Math.max(0, until - asked);
    const job = await unlessAborted(waitOnce(Math.min(LONGEST_WAIT_SECONDS, left / 1000)), signal);
    if (isTerminal(job.state) || Date.now() >= until) return job;
    // Where too many wait already the answer comes at once: asking again at once would be one more load.
    const early = Math.min(LEAST_BETWEEN_MS, left) - (Date.now() - asked);
    if (early > 0) await unlessAborted(pause(early), signal);
  }
}
function pause(ms) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
async function unlessAborted(waiting, signal) {
  if (signal === undefined) return waiting;
  signal.throwIfAborted();
  let abort = () => undefined;
  const aborted = new Promise((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
  });
  try {
    return await Promise.race([waiting, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
