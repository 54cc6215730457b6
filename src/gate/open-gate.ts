import type { Config, TenantLimits } from "../config.ts";
import { firstJobIdAt } from "../domain/id.ts";
import { TokenBucket } from "../domain/token-bucket.ts";
import type { SluiceEnv } from "../env.ts";
import { type GateFence, raiseFence } from "../storage/gate-fence.ts";
import { countSince } from "../storage/gate-state.ts";
import { guardD1 } from "../storage/guarded-d1.ts";
import { FinishRate } from "./finish-rate.ts";
import { Lanes } from "./lanes.ts";
import type { LiveEvents } from "./live-events.ts";
import { Sender } from "./sender.ts";
import type { KeptRates } from "./start-rates.ts";
import type { StatsRecorder } from "./stats-recorder.ts";
import { Waiters } from "./waiters.ts";

/** What a gate knows and works with, once it has its place in D1. All of it can be rebuilt from there. */
export interface OpenGate {
  readonly d1: D1Database;
  /** The same database, every call with the deadline for reads. */
  readonly db: D1Database;
  readonly config: Config;
  readonly tenantId: string;
  readonly fence: GateFence;
  limits: TenantLimits;
  bucket: TokenBucket;
  /** The tenant is suspended: nothing is admitted, and nothing is started. */
  suspended: boolean;
  readonly lanes: Lanes;
  readonly finishRate: FinishRate;
  readonly sender: Sender;
  readonly waiters: Waiters;
  readonly stats: StatsRecorder;
  readonly live: LiveEvents;
  /** Sets the alarm to `time`, unless it is set to an earlier one. */
  readonly wakeBy: (time: number) => Promise<void>;
  /** Keeps what the queues have spent of their rates: before what is started is written, so that a restart forgets none. */
  readonly keepRates: (now: number) => void;
  /** A write whose outcome is unknown may commit until then: nothing is released before D1 was read again. */
  frozenUntil: number | null;
  /** When to count the backlog and the waiting queues anew. */
  recountAt: number;
  /** The settings of the tenant and its queues are to be read anew. */
  settingsDue: boolean;
  /** Paused queues that have jobs released and not yet claimed: the next write calls those back. */
  recall: readonly string[];
}

export type GateParts = Pick<OpenGate, "waiters" | "stats" | "live" | "wakeBy"> & {
  readonly env: SluiceEnv;
  readonly config: Config;
  /** The gate's own storage. */
  readonly kv: SyncKvStorage;
};

/** Where a gate's own storage keeps what its queues have spent of their rates. */
const RATES = "rates";

/**
 * Opens a tenant's gate: makes it the newest, and refills its bucket by what was admitted lately. Null when there is
 * no such tenant.
 */
export async function openGate(tenantId: string, { env, config, kv, ...parts }: GateParts): Promise<OpenGate | null> {
  const db = guardD1(env.DB, config.readDeadlineMs);
  const raised = await raiseFence(db, tenantId);
  if (raised === null) return null;
  const limits = { ...config.limits, ...raised.limits };
  const lanes = new Lanes(limits.concurrency, kv.get<KeptRates>(RATES));
  return {
    ...parts,
    d1: env.DB,
    db,
    config,
    tenantId,
    fence: raised.fence,
    limits,
    suspended: false,
    bucket: await refilledBucket(db, tenantId, limits),
    lanes,
    keepRates: (now) => {
      const rates = lanes.keptRates(now);
      if (rates !== null) kv.put(RATES, rates);
    },
    finishRate: new FinishRate(),
    sender: new Sender(
      env,
      { tenantId, jurisdiction: raised.jurisdiction },
      { isQuiet: () => lanes.held <= config.expressSlots, isFollowed: () => parts.live.isFollowed },
    ),
    frozenUntil: null,
    recountAt: 0,
    settingsDue: true,
    recall: [],
  };
}

// What was admitted in the time that fills an empty bucket is taken as spent: a restart gives no second burst.
async function refilledBucket(db: D1Database, tenantId: string, limits: TenantLimits): Promise<TokenBucket> {
  const now = Date.now();
  const since = now - (limits.burst / limits.rate) * 1_000;
  return new TokenBucket(limits, now, await countSince(db, tenantId, firstJobIdAt(since), limits.burst));
}
