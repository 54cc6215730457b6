import type { TenantLimits } from "../config.ts";
import type { TokenBucket } from "../domain/token-bucket.ts";
import type { Admission, RateStatus } from "../protocol/gate.ts";
import type { FinishRate } from "./finish-rate.ts";

type Rejection = Extract<
  Admission,
  { kind: "rate_limited" | "backlog_full" | "overloaded" | "batch_exceeds_burst" | "batch_exceeds_backlog" }
>;

/** What admission looks at. */
export interface Load {
  readonly limits: TenantLimits;
  readonly bucket: TokenBucket;
  readonly finishRate: FinishRate;
  /** Unfinished jobs without a slot, those in the commit buffer included. */
  readonly backlog: number;
  /** Slots that are free: so many jobs do not come to wait. */
  readonly room: number;
  /** False when no tokens are needed. */
  readonly metered: boolean;
  readonly buffer: { readonly fits: boolean; readonly rows: number; readonly most: number };
}

const LEAST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

/**
 * Admits `count` jobs, all or none, and takes their tokens; or says which limit they hit and when to come back.
 * The tokens come last, so that a rejected call spends none.
 */
export function admit(count: number, load: Load, now: number): Rejection | null {
  const { limits, bucket, backlog, buffer, metered } = load;
  if (count > limits.burst) return { kind: "batch_exceeds_burst", max: limits.burst };
  const most = limits.backlog + limits.concurrency;
  if (count > most) return { kind: "batch_exceeds_backlog", max: most };
  if (!buffer.fits) {
    const limit = { name: "buffer", max: buffer.most, current: buffer.rows };
    return { kind: "overloaded", retryAfterMs: LEAST_WAIT_MS, limit, rate: rateStatus(load, now) };
  }
  const excess = backlog + count - load.room - limits.backlog;
  if (excess > 0) {
    const limit = { name: "backlog", max: limits.backlog, current: backlog };
    const retryAfterMs = drainMs(excess, load.finishRate.perSecond(now));
    return { kind: "backlog_full", retryAfterMs, limit, rate: rateStatus(load, now) };
  }
  if (metered && !bucket.take(count, now)) {
    const remaining = bucket.remaining(now);
    const limit = { name: "rate", max: limits.burst, current: limits.burst - remaining };
    return { kind: "rate_limited", retryAfterMs: bucket.waitMs(count, now), limit, rate: rateStatus(load, now) };
  }
  return null;
}

/** The rate limit and what is left of it. */
export function rateStatus({ limits, bucket }: Pick<Load, "limits" | "bucket">, now: number): RateStatus {
  return { rate: limits.rate, burst: limits.burst, remaining: bucket.remaining(now) };
}

/** How long `jobs` take to finish at the present rate, within bounds that make sense to a caller. */
function drainMs(jobs: number, perSecond: number): number {
  const estimate = perSecond === 0 ? LONGEST_WAIT_MS : (jobs / perSecond) * 1_000;
  return Math.min(LONGEST_WAIT_MS, Math.max(LEAST_WAIT_MS, Math.ceil(estimate)));
}
