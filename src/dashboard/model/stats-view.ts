import type { Counted } from "./counted.ts";

/** Of what `GET /v1/stats` answers, what the dashboard shows. Times are ISO 8601 in UTC. */
export interface StatsView {
  readonly now: {
    readonly oldest: { readonly queue: string; readonly ageMs: number; readonly limit: LimitName | null } | null;
    readonly inFlight: number;
    readonly concurrency: number;
    readonly waiting: Counted;
    readonly delayed: Counted;
  };
  readonly queues: readonly {
    readonly name: string;
    readonly waiting: Counted;
    readonly inFlight: number;
    readonly limit: LimitName | null;
  }[];
  readonly failures: readonly { readonly type: string; readonly error: string; readonly failed: number }[];
  readonly series: {
    readonly start: string;
    readonly stepSeconds: number;
    readonly in: readonly number[];
    readonly out: readonly number[];
    readonly failed: readonly number[];
    readonly refused: Readonly<Record<string, readonly number[]>>;
    readonly waitP95Ms: readonly (number | null)[];
  };
}

export type LimitName = "paused" | "concurrency" | "rate" | "tenantConcurrency";
