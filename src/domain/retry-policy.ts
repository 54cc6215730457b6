/** Exponential backoff; times in milliseconds. */
export interface Backoff {
  readonly baseMs: number;
  readonly factor: number;
  readonly capMs: number;
}

export interface RetryPolicy {
  /** Failures after which a job is `failed`; the first attempt counts. */
  readonly maxAttempts: number;
  readonly backoff: Backoff;
}

export const DEFAULT_RETRY_POLICY: RetryPolicy = {
  maxAttempts: 5,
  backoff: { baseMs: 1_000, factor: 2, capMs: 3_600_000 },
};

/** Past this many attempts the history of a job's failures would no longer fit its row. */
export const MOST_ATTEMPTS = 25;

/**
 * When to try again after the `failures`-th failure (1 or more), or null when the job has had all its attempts.
 * Full jitter: evenly spread over [0, min(cap, base × factor^(failures−1))), as in "Exponential Backoff And Jitter"
 * (AWS Architecture Blog, 2015).
 * @param random evenly spread over [0, 1)
 */
export function nextRetryAt(failures: number, policy: RetryPolicy, now: number, random: number): number | null {
  if (failures >= policy.maxAttempts) return null;
  return now + Math.floor(random * backoffCeilingMs(failures, policy.backoff));
}

/** The longest delay that backoff may choose after the `failures`-th failure. */
export function backoffCeilingMs(failures: number, { baseMs, factor, capMs }: Backoff): number {
  return Math.min(capMs, baseMs * factor ** (failures - 1));
}
