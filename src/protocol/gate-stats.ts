import type { FailureView, StatsSeries, StatsSummary } from "./stats-view.ts";

/** What a gate has counted within a window. */
export interface GateStats {
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly until: number;
  readonly totals: StatsSummary;
  readonly queues: readonly ({ readonly name: string } & StatsSummary)[];
  readonly failures: readonly FailureView[];
  readonly series: StatsSeries;
  /** Null when the gate has not started: nothing of its tenant is going on. */
  readonly live: GateLive | null;
}

/** What a gate knows of its tenant's jobs at this moment. */
export interface GateLive {
  readonly concurrency: number;
  /** Unfinished jobs that hold no slot. */
  readonly backlog: number;
  /** Jobs in the Queue or running, by queue. */
  readonly inFlight: readonly { readonly queue: string; readonly jobs: number }[];
  /** Queues that have spent their rates. */
  readonly outOfTokens: readonly string[];
}
