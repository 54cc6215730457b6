import type { DatabaseSync } from "node:sqlite";
import { CALLBACK_QUEUE, CALLBACK_SHARE } from "../../src/domain/callback.ts";
import type { JobChange, SettingsChange } from "./journal.ts";
import { TENANTS } from "./world.ts";

/** What a tenant's suspension is kept under, beside its queues. */
const WHOLE_TENANT = "";
/** A released job is due again so much later, if nobody has claimed it: that tells when its release was decided. */
const PICKUP_WINDOW_MS = 60_000;
/** Rounding of a bucket's parts. */
const SLACK = 0.001;

interface Limits {
  readonly concurrency: number | null;
  readonly rate: { readonly limit: number; readonly periodMs: number } | null;
  readonly paused: boolean;
}

/** Limits that are surely in force, and what is left of the rate, at most. */
interface InForce extends Limits {
  tokens: number;
  filledAt: number;
}

interface Queue {
  changedAt: number;
  /** Null while a change may be in force, or not. */
  inForce: InForce | null;
}

interface UniqueHolder {
  readonly id: string;
  readonly until: number | null;
  finished: boolean;
}

/** Who holds slots and unique keys, by what was committed, and what each queue may start: checked at every change. */
export class LimitsModel {
  readonly #sqlite: DatabaseSync;
  readonly #queues = new Map<string, Queue>(
    [...TENANTS].map(([tenantId, { concurrency }]) => {
      const share = Math.ceil(concurrency / CALLBACK_SHARE);
      const inForce = { concurrency: share, rate: null, paused: false, tokens: 0, filledAt: 0 };
      return [key(tenantId, CALLBACK_QUEUE), { changedAt: 0, inForce }];
    }),
  );
  readonly #held = new Map<string, Map<string, string>>([...TENANTS.keys()].map((id) => [id, new Map()]));
  readonly #unique = new Map<string, UniqueHolder>();
  readonly #found: string[] = [];

  constructor(sqlite: DatabaseSync) {
    this.#sqlite = sqlite;
  }

  /** What was found so far that must not be. */
  get violations(): readonly string[] {
    return this.#found;
  }

  observe(jobs: readonly JobChange[], settings: readonly SettingsChange[]): void {
    for (const change of [...jobs, ...settings].toSorted((a, b) => a.seq - b.seq)) {
      if ("state" in change) this.#observeJob(change);
      else this.#queues.set(key(change.tenantId, change.name), { changedAt: change.seq, inForce: null });
    }
  }

  /** A reload that began after the change `seq` was answered: the settings of then are in force, if they still stand. */
  reloaded(tenantId: string, seq: number, now: number): void {
    for (const [name, queue] of this.#queues) {
      if (!name.startsWith(`${tenantId}/`) || queue.inForce !== null || queue.changedAt > seq) continue;
      const limits = this.#stored(tenantId, name.slice(tenantId.length + 1));
      queue.inForce = { ...limits, tokens: limits.rate?.limit ?? 0, filledAt: now };
    }
  }

  #observeJob(change: JobChange): void {
    const { tenantId, id, queue, actor, oldState, state, oldReleased, released, crashes, isolated } = change;
    const [kind, of] = actor.split(" ");
    if (kind !== "consumer" && kind !== "cron" && of !== tenantId)
      this.#found.push(`${actor} has changed ${tenantId}/${id}`);
    const held = this.#held.get(tenantId) ?? new Map<string, string>();
    if (released === 1) held.set(id, queue);
    else held.delete(id);
    this.#observeUnique(change);
    const inForce = this.#queues.get(key(tenantId, queue))?.inForce ?? null;
    const isCrash = oldState === "running" && state === "queued";
    const isRecalled = oldState === "queued" && state === "queued" && oldReleased === 1 && released === 0;
    if (released === 1 && oldReleased === 0) this.#checkSlots(change, held, inForce);
    if (oldState === "queued" && state === "running" && crashes + isolated > 0 && of !== "sluice-isolated") {
      this.#found.push(`${tenantId}/${id} has lost a lease, and does not run alone`);
    }
    this.#checkSuspension(change, isCrash);
    if (inForce === null) return;
    if (released === 1 && (oldReleased === 0 || isCrash)) this.#start(change, inForce);
    if (isRecalled) refill(inForce, change.at, 1);
    if (inForce.paused && oldState === "queued" && state === "running") {
      this.#found.push(`${tenantId}/${id} was claimed, and its queue ${queue} is paused`);
    }
  }

  // What follows on the end of a job that still ran is inserted, and waits.
  #checkSuspension(
    { tenantId, id, parentId, oldState, state, oldReleased, released }: JobChange,
    isCrash: boolean,
  ): void {
    if (this.#queues.get(key(tenantId, WHOLE_TENANT))?.inForce?.paused !== true) return;
    const isStarted = released === 1 && (oldReleased === 0 || isCrash);
    const isClaimed = oldState === "queued" && state === "running";
    const isAdmitted = oldState === null && parentId === null;
    if (isStarted || isClaimed || isAdmitted) {
      this.#found.push(`${tenantId}/${id} is ${state} since its tenant was suspended`);
    }
  }

  #checkSlots({ tenantId, queue }: JobChange, held: ReadonlyMap<string, string>, inForce: InForce | null): void {
    const may = TENANTS.get(tenantId)?.concurrency ?? 0;
    if (held.size > may) this.#found.push(`${held.size} jobs of ${tenantId} hold a slot, ${may} may`);
    const inQueue = [...held.values()].filter((one) => one === queue).length;
    if (inForce !== null && inForce.concurrency !== null && inQueue > inForce.concurrency) {
      this.#found.push(`${inQueue} jobs of queue ${tenantId}/${queue} hold a slot, ${inForce.concurrency} may`);
    }
  }

  #start({ tenantId, id, queue, dueAt }: JobChange, inForce: InForce): void {
    if (inForce.paused) this.#found.push(`${tenantId}/${id} was started, and its queue ${queue} is paused`);
    if (inForce.rate === null || dueAt === null) return;
    refill(inForce, dueAt - PICKUP_WINDOW_MS, -1);
    if (inForce.tokens < -SLACK) {
      this.#found.push(
        `queue ${tenantId}/${queue} starts more than ${inForce.rate.limit} in ${inForce.rate.periodMs} ms`,
      );
    }
  }

  #observeUnique({ tenantId, id, at, oldState, state, uniqueKey, uniqueUntil }: JobChange): void {
    if (oldState === null && uniqueKey !== null) {
      const before = this.#unique.get(key(tenantId, uniqueKey));
      const isTaken = before !== undefined && (before.until === null ? !before.finished : at < before.until);
      if (isTaken) this.#found.push(`${tenantId}/${id} was stored beside ${before.id}, which is the same`);
      this.#unique.set(key(tenantId, uniqueKey), { id, until: uniqueUntil, finished: false });
    }
    if (state !== "succeeded" && state !== "failed" && state !== "cancelled") return;
    for (const holder of this.#unique.values()) if (holder.id === id) holder.finished = true;
  }

  #stored(tenantId: string, name: string): Limits {
    if (name === WHOLE_TENANT) {
      const tenant = this.#sqlite.prepare("SELECT suspended_at FROM tenants WHERE id = ?").get(tenantId);
      return { concurrency: null, rate: null, paused: tenant?.["suspended_at"] !== null };
    }
    const row = this.#sqlite
      .prepare("SELECT concurrency, rate_limit, rate_period_ms, paused FROM queues WHERE tenant_id = ? AND name = ?")
      .get(tenantId, name) as Record<string, number | null> | undefined;
    const { concurrency = null, rate_limit: limit = null, rate_period_ms: periodMs = null, paused = 0 } = row ?? {};
    return {
      concurrency,
      rate: limit === null || periodMs === null ? null : { limit, periodMs },
      paused: paused === 1,
    };
  }
}

// A token bucket: it holds the limit, and fills over the period.
function refill(inForce: InForce, at: number, tokens: number): void {
  const { rate } = inForce;
  if (rate === null) return;
  const passed = Math.max(0, at - inForce.filledAt);
  const filled = inForce.tokens + (passed * rate.limit) / rate.periodMs;
  inForce.tokens = Math.min(rate.limit, Math.min(rate.limit, filled) + tokens);
  inForce.filledAt = Math.max(at, inForce.filledAt);
}

function key(tenantId: string, name: string): string {
  return `${tenantId}/${name}`;
}
