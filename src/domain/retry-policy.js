export const DEFAULT_RETRY_POLICY = {
  maxAttempts: 5,
  backoff: { baseMs: 1000, factor: 2, capMs: 3600000 },
};
/** Past this many attempts the history of a job's failures would no longer fit its row. */
export const MOST_ATTEMPTS = 25;
/**
 * When to try again after the `failures`-th failure (1 or more), or null when the job has had all its attempts. Where
 * delays grow there is full jitter: evenly spread over [0, ceiling), as in "Exponential Backoff And Jitter" (AWS
 * Architecture Blog, 2015).
 * @param random evenly spread over [0, 1)
 */
export function nextRetryAt(failures, policy, now, random) {
  if (failures >= policy.maxAttempts) return null;
  const { backoff } = policy;
  const ceiling = backoffCeilingMs(failures, backoff);
  const jitters = backoff.kind !== "fixed" && backoff.kind !== "list";
  return now + (jitters ? Math.floor(random * ceiling) : ceiling);
}
/** The longest delay that backoff may choose after the `failures`-th failure. */
export function backoffCeilingMs(failures, backoff) {
  if (backoff.kind === "fixed") return backoff.baseMs;
  if (backoff.kind === "list") return backoff.delaysMs[Math.min(failures, backoff.delaysMs.length) - 1] ?? 0;
  if (backoff.kind === "linear") return Math.min(backoff.capMs, backoff.baseMs * failures);
  return Math.min(backoff.capMs, backoff.baseMs * backoff.factor ** (failures - 1));
}
