import type { JobState, TerminalState } from "../domain/job.ts";
import type { Lifetime } from "../domain/lifetime.ts";
import type { Progress } from "../domain/progress.ts";
import type { GateLive, GateStats } from "./gate-stats.ts";
import type { GroupDraft } from "./groups.ts";
import type { AttemptReport, FollowReply, FollowRequest } from "./live-events.ts";
import type { Packed } from "./packed.ts";
import type { StatsQuery } from "./stats.ts";

/** A job as the API hands it to the gate: everything that depends on its type is resolved. */
export interface JobDraft {
  readonly id: string;
  readonly type: string;
  readonly queue: string;
  readonly priority: number;
  readonly maxAttempts: number;
  readonly timeoutMs: number;
  /** `Backoff` as JSON. */
  readonly backoff: string;
  readonly solo: boolean;
  readonly idempotencyKey: string | null;
  /** Set when the caller gave an id or a key: the same id or key with another digest is another request. */
  readonly requestDigest: string | null;
  /** JSON text, or null when it is in R2 under `payloadBlob`. */
  readonly payload: string | null;
  readonly payloadBytes: number;
  readonly payloadBlob: string | null;
  /** The ids of the blobs that the payload names. */
  readonly blobs: readonly string[];
  /** Not before then; null: at once. */
  readonly dueAt: number | null;
  readonly expiresAt: number | null;
  /** No second job with this key, until this one has finished or for `uniqueMs`. */
  readonly uniqueKey: string | null;
  readonly uniqueMs: number | null;
  /** The job that this one repeats: it must still be there when this one is stored. */
  readonly replayOf: string | null;
  /** `StoredCallback` as JSON. */
  readonly callback: string | null;
  /** The `traceparent` of the request that has enqueued it (W3C Trace Context). */
  readonly traceParent?: string | null;
  /** `StoredChain` as JSON: what follows on it. */
  readonly next?: string | null;
  /** The group that it is a member of. */
  readonly groupId?: string | null;
  /** The job whose attempt has enqueued it. */
  readonly parentId?: string | null;
  /** What came of the job before it in its chain, as JSON; or in R2, under `previousBlob`. */
  readonly previous?: string | null;
  readonly previousBlob?: string | null;
}

/** A limit that was hit, as it is told to the caller. */
export interface LimitHit {
  readonly name: string;
  readonly max: number;
  readonly current: number;
}

/** A policy and what is left of it (draft-ietf-httpapi-ratelimit-headers). */
export interface RateStatus {
  readonly rate: number;
  readonly burst: number;
  readonly remaining: number;
}

/** A job of an earlier request that had the same id or key. */
export interface OriginalJob {
  readonly id: string;
  readonly state: JobState;
  readonly createdAt: number;
  readonly payloadBlob: string | null;
}

/** What the gate answers to an enqueue: all jobs of a call are admitted, or none. */
export type Admission =
  | {
      readonly kind: "admitted";
      /** When the jobs were stored, milliseconds since the epoch. */
      readonly storedAt: number;
      /** For each job of the call the one that stands for it; null: it was stored as it came. */
      readonly originals: readonly (OriginalJob | null)[];
      readonly rate: RateStatus;
      /** D1's: a read that has it sees the jobs, from whichever replica. */
      readonly bookmark: string | null;
    }
  | {
      readonly kind: "rate_limited" | "backlog_full" | "overloaded";
      readonly retryAfterMs: number;
      readonly limit: LimitHit;
      readonly rate: RateStatus;
    }
  /** Outcome unknown, unless `untried`: then nothing was written. */
  | { readonly kind: "storage_unavailable"; readonly retryAfterMs: number; readonly untried: boolean }
  /** Can never be admitted: more jobs than `max` at once. */
  | { readonly kind: "batch_exceeds_burst" | "batch_exceeds_backlog"; readonly max: number }
  /** `index` is the first job of the call whose id or key belongs to another request. */
  | { readonly kind: "reused"; readonly index: number; readonly by: "id" | "key" }
  /** A job to be replayed is no longer there. */
  | { readonly kind: "original_gone"; readonly index: number }
  | { readonly kind: "unknown_tenant" | "tenant_suspended" }
  /** The database refuses this very call, whenever it is tried. */
  | { readonly kind: "refused"; readonly message: string };

/** An attempt whose end is committed in D1. */
export interface Settlement {
  readonly id: string;
  readonly attempt: number;
  readonly state: TerminalState | "retrying" | "scheduled";
  /** When the job is due again; null when it is finished. */
  readonly dueAt: number | null;
  /** Jobs that were inserted with its end, and are due at once; none when it is left out. */
  readonly followUps?: number;
  /** Something has followed that the gate finds when it looks at what is due. */
  readonly looksAgain?: boolean;
  /** For statistics; left out when nothing ran. */
  readonly measured?: MeasuredAttempt;
  /** What live events tell of it. A consumer of an older version leaves it out. */
  readonly job?: SettledJob;
}

export interface SettledJob {
  readonly type: string;
  readonly queue: string;
  readonly progress: Progress | null;
  /** The name of the error with which the attempt has ended. */
  readonly error: string | null;
}

/** What statistics are to know of an attempt. */
export interface MeasuredAttempt {
  readonly queue: string;
  readonly type: string;
  /** From when the job could start to when it did, and from there to its end; milliseconds. */
  readonly waitMs: number;
  readonly runMs: number;
  /** The name of the error that it failed with. */
  readonly error: string | null;
}

/** What a change to one job has come to. */
export type ChangeReply = "done" | "running" | "not_changed" | "storage_unavailable" | "unknown_tenant";

/** `cancel`: end it, or have it end when it runs. `run`: what waits for a later time is due now. */
export type Change = "cancel" | "run";

/** What has come of telling the gate that settings have changed: `done` when they are in force. */
export type ReloadReply = "done" | "storage_unavailable" | "unknown_tenant";

/** How jobs are admitted. */
export interface EnqueueOptions {
  /** False: they need no tokens of the tenant's rate. All other limits hold. */
  readonly metered: boolean;
  /** The group that all jobs of the call are members of. */
  readonly group?: GroupDraft;
}

/** Which jobs are counted: of one queue or of all (null), since this time (milliseconds since the epoch; a full minute). */
export interface CountsQuery {
  readonly queue: string | null;
  readonly since: number;
}

/** How many jobs have met what. */
export interface RecentCounts {
  /** Stored; answered with a 503. */
  readonly admitted: number;
  readonly refused: number;
  readonly succeeded: number;
  readonly failed: number;
}

/** The gate's methods, called by RPC from the API, the consumer and the cron trigger. */
export interface GateRpc {
  /** @param options default: metered */
  enqueue(drafts: readonly JobDraft[] | Packed<readonly JobDraft[]>, options?: EnqueueOptions): Promise<Admission>;
  /** Frees the slots of ended attempts, wakes who waits for them, releases what is next. Harmless when repeated. */
  settle(settlements: readonly Settlement[] | Packed<readonly Settlement[]>): Promise<void>;
  /** Changes a job: `done`, or `running` when a running job was asked to end. */
  change(change: Change, jobId: string): Promise<ChangeReply>;
  /** Changes many jobs, each by itself: replies in their order. */
  changeEach(change: Change, jobIds: readonly string[]): Promise<ChangeReply[]>;
  /**
   * Has the gate read the settings of the tenant and its queues anew, and call back what a paused queue, or a suspended
   * tenant, has released.
   */
  reload(): Promise<ReloadReply>;
  /** Resolves when the job is finished, or after `timeoutMs`, or at once when too many wait already. */
  wait(jobId: string, timeoutMs: number): Promise<void>;
  /** Follows events as they happen. */
  follow(request: FollowRequest): Promise<FollowReply>;
  /** Tells those who follow of attempts that go on. */
  report(reports: readonly AttemptReport[]): Promise<void>;
  /** Has the gate look no later than then (milliseconds since the epoch): a schedule ticks. Costs it next to nothing. */
  wakeBy(time: number): Promise<void>;
  /** Has the gate compare itself with D1, as when its alarm did not fire. */
  poke(): Promise<void>;
  /** Has the gate of a tenant that was deleted leave nothing behind. */
  forget(): Promise<void>;
  /** What it has counted. Does not start a gate that sleeps. */
  stats(query: StatsQuery): Promise<GateStats>;
  /** How many jobs it has counted of late, for each of these. Does not start a gate that sleeps. */
  counts(queries: readonly CountsQuery[]): Promise<RecentCounts[]>;
  /** What it has counted since its tenant's first job. Does not start a gate that sleeps. */
  lifetime(): Promise<{ readonly counted: Lifetime; readonly live: GateLive | null }>;
}
