import { BUCKET_SECONDS, type Lifetime } from "../domain/lifetime.ts";
import { log } from "../log.ts";
import type { GateLive } from "../protocol/gate-stats.ts";
import {
  countTenants,
  countUnfinished,
  findActiveTenants,
  type LaneHead,
  laneHeads,
  type Unfinished,
} from "../storage/waiting-jobs.ts";
import type { Deployment } from "./deployment.ts";
import { callGate } from "./gate-client.ts";
import { inStorage } from "./in-storage.ts";
import { histogram, type Metric, type Sample } from "./prometheus-text.ts";

/** Tenants that are looked at for their newest job, and those of them that one scrape shows. */
const LOOKED_AT = 2_000;
const SHOWN = 100;
/** Queues and priorities of a tenant that are looked at for who waits longest. */
const MOST_LANES = 20;
/** Unfinished jobs of each kind that are counted of a tenant whose gate sleeps. */
const MOST_COUNTED = 1_000;
const GATE_REPLY_MS = 5_000;

const REFUSED = {
  refusedByRate: "rate",
  refusedByBacklog: "backlog",
  refusedByBuffer: "overloaded",
  refusedByStorage: "storage",
} as const;
const OUTCOMES = { succeeded: "succeeded", failed: "failed", cancelled: "cancelled", retried: "retried" } as const;

interface TenantState {
  readonly tenant: string;
  readonly counted: Lifetime;
  readonly unfinished: Unfinished;
  /** Since when its oldest waiting job waits; null when none does. */
  readonly oldest: number | null;
}

/**
 * The metrics of the tenants that were active last, at most 100 of the first 2,000: a bounded number of rows, and a call to
 * each of their gates, which starts none that sleeps. A tenant whose gate does not answer is left out, and counted.
 * @throws SluiceError `storage_unavailable`
 */
export async function operatorMetrics({ env }: Deployment, now: number): Promise<Metric[]> {
  const { tenants, active, oldest } = await inStorage(env, async (db) => {
    const [tenants, active] = await Promise.all([countTenants(db, LOOKED_AT), findActiveTenants(db, LOOKED_AT, SHOWN)]);
    const oldest =
      active.length === 0 ? [] : await db.batch<LaneHead>(active.map(({ id }) => laneHeads(db, id, MOST_LANES)));
    return { tenants, active, oldest };
  });
  const states = await Promise.all(
    active.map(async ({ id: tenant }, index): Promise<ToldState | null> => {
      try {
        const { counted, live } = await callGate(env, tenant, (gate) => gate.lifetime(), GATE_REPLY_MS);
        const waiting = oldest[index]?.results.map(({ readyAt }) => readyAt) ?? [];
        const unfinished = live === null ? null : unfinishedOf(live);
        return { tenant, counted, unfinished, oldest: waiting.length === 0 ? null : Math.min(...waiting) };
      } catch (error) {
        log.warn("a tenant's metrics are missing", { tenantId: tenant, error });
        return null;
      }
    }),
  );
  const shown = await inStorage(env, (db) =>
    countWhereAsleep(
      db,
      states.filter((state) => state !== null),
    ),
  );
  return [...tenantMetrics(shown, now), ...scrapeMetrics(tenants, shown.length, states.length - shown.length)];
}

type ToldState = Omit<TenantState, "unfinished"> & { readonly unfinished: Unfinished | null };

function unfinishedOf({ inFlight, backlog }: GateLive): Unfinished {
  return { inFlight: inFlight.reduce((sum, { jobs }) => sum + jobs, 0), backlog };
}

async function countWhereAsleep(db: D1Database, states: readonly ToldState[]): Promise<TenantState[]> {
  const asleep = states.filter(({ unfinished }) => unfinished === null).map(({ tenant }) => tenant);
  if (asleep.length === 0) return states as TenantState[];
  const counts = await db.batch<Unfinished>(asleep.map((tenant) => countUnfinished(db, tenant, MOST_COUNTED)));
  const counted = new Map(asleep.map((tenant, index) => [tenant, counts[index]?.results[0]]));
  const none = { inFlight: 0, backlog: 0 };
  return states.map((state) => ({ ...state, unfinished: state.unfinished ?? counted.get(state.tenant) ?? none }));
}

function scrapeMetrics(tenants: number, shown: number, failed: number): Metric[] {
  const gauge = (name: string, help: string, value: number): Metric => ({
    name,
    type: "gauge",
    help,
    samples: [{ labels: {}, value }],
  });
  return [
    gauge("sluice_tenants", `Tenants, counted up to ${LOOKED_AT}.`, tenants),
    gauge("sluice_scrape_tenants", `Tenants in this scrape: those with the newest jobs, at most ${SHOWN}.`, shown),
    gauge("sluice_scrape_failures", "Tenants that are missing since their gates did not answer.", failed),
  ];
}

function tenantMetrics(states: readonly TenantState[], now: number): Metric[] {
  const each = (value: (state: TenantState) => number): Sample[] =>
    states.map((state) => ({ labels: { tenant: state.tenant }, value: value(state) }));
  const split = (label: string, counts: Partial<Record<keyof Lifetime["counts"], string>>): Sample[] =>
    states.flatMap(({ tenant, counted }) =>
      Object.entries(counts).map(([count, value]) => ({
        labels: { tenant, [label]: value },
        value: counted.counts[count as keyof Lifetime["counts"]],
      })),
    );
  const times = (buckets: "wait" | "run"): Sample[] =>
    states.flatMap(({ tenant, counted }) =>
      histogram({ tenant }, BUCKET_SECONDS, counted[buckets], counted.counts[`${buckets}Ms`] / 1_000),
    );
  return [
    {
      name: "sluice_jobs_admitted_total",
      type: "counter",
      help: "Jobs that were stored.",
      samples: each(({ counted }) => counted.counts.admitted),
    },
    {
      name: "sluice_jobs_refused_total",
      type: "counter",
      help: "Jobs that were answered with a 503, by the limit that they met.",
      samples: split("limit", REFUSED),
    },
    {
      name: "sluice_attempts_total",
      type: "counter",
      help: "Ends: of jobs (succeeded, failed, cancelled), and of attempts that are made again (retried).",
      samples: split("outcome", OUTCOMES),
    },
    {
      name: "sluice_job_wait_seconds",
      type: "histogram",
      help: "From when a job could start to when it did.",
      samples: times("wait"),
    },
    { name: "sluice_job_run_seconds", type: "histogram", help: "How long attempts ran.", samples: times("run") },
    {
      name: "sluice_jobs_in_flight",
      type: "gauge",
      help: `Jobs in the Queue or running; where the gate sleeps, counted up to ${MOST_COUNTED}.`,
      samples: each(({ unfinished }) => unfinished.inFlight),
    },
    {
      name: "sluice_jobs_backlog",
      type: "gauge",
      help: `Unfinished jobs without a slot, delayed ones included; where the gate sleeps, counted up to twice ${MOST_COUNTED}.`,
      samples: each(({ unfinished }) => unfinished.backlog),
    },
    {
      name: "sluice_oldest_waiting_seconds",
      type: "gauge",
      help: "How long the oldest job waits that could start if there were room; 0 when none does.",
      samples: each(({ oldest }) => (oldest === null ? 0 : Math.max(0, now - oldest) / 1_000)),
    },
  ];
}
