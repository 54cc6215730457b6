import { DurableObject } from "cloudflare:workers";
import { type Config, readConfig } from "../config.ts";
import { isTerminal } from "../domain/job.ts";
import type { Lifetime } from "../domain/lifetime.ts";
import type { SluiceEnv } from "../env.ts";
import { log } from "../log.ts";
import type {
  Admission,
  Change,
  ChangeReply,
  CountsQuery,
  EnqueueOptions,
  GateRpc,
  JobDraft,
  RecentCounts,
  ReloadReply,
  Settlement,
} from "../protocol/gate.ts";
import type { GateLive, GateStats } from "../protocol/gate-stats.ts";
import type { AttemptReport, FollowReply, FollowRequest } from "../protocol/live-events.ts";
import { type Packed, unpack } from "../protocol/packed.ts";
import type { StatsQuery } from "../protocol/stats.ts";
import { followedTenant } from "../storage/followed-jobs.ts";
import { readRemaining } from "../storage/gate-state.ts";
import { guardD1 } from "../storage/guarded-d1.ts";
import { readJobState } from "../storage/read-jobs.ts";
import { admit } from "./admission.ts";
import { enqueueCall } from "./calls.ts";
import { LiveEvents } from "./live-events.ts";
import { type OpenGate, openGate } from "./open-gate.ts";
import { readCounts, readStats } from "./read-stats.ts";
import { StatsRecorder } from "./stats-recorder.ts";
import { Waiters } from "./waiters.ts";
import { UNAVAILABLE, WriteLoop } from "./write-loop.ts";

const MOST_WAITERS = 1_000;
const MOST_QUEUES_TOLD = 100;

/**
 * Admits a tenant's jobs, commits them to D1, and releases them into the Queue: the one writer of what has not started,
 * but for what follows on a job's end, which its consumer inserts together with that. What it writes goes through its loop.
 */
export class TenantGate extends DurableObject<SluiceEnv> implements GateRpc {
  readonly #tenantId: string;
  readonly #config: Config;
  readonly #loop: WriteLoop;
  readonly #waiters = new Waiters(MOST_WAITERS);
  readonly #stats: StatsRecorder;
  readonly #live: LiveEvents;

  constructor(ctx: DurableObjectState, env: SluiceEnv) {
    super(ctx, env);
    this.#config = readConfig(env);
    // The name is not known to an object that an alarm wakes after a restart of the local runtime.
    this.#tenantId = ctx.id.name ?? ctx.storage.kv.get<string>("tenantId") ?? "";
    const wakeBy = (time: number) => this.#wakeBy(time);
    this.#loop = new WriteLoop({ tenantId: this.#tenantId, open: () => this.#open(), wakeBy });
    this.#stats = new StatsRecorder(ctx.storage.sql, () => this.#loop.isAtRest);
    this.#live = new LiveEvents(followedTenant(guardD1(env.DB, this.#config.readDeadlineMs), this.#tenantId));
  }

  async enqueue(
    packed: readonly JobDraft[] | Packed<readonly JobDraft[]>,
    options: EnqueueOptions = { metered: true },
  ): Promise<Admission> {
    const drafts = unpack(packed);
    const admission = await this.#admit(drafts, options);
    this.#stats.answered(drafts, admission);
    return admission;
  }

  async #admit(drafts: readonly JobDraft[], options: EnqueueOptions): Promise<Admission> {
    const gate = await this.#loop.opened();
    if (gate === "unavailable") return UNAVAILABLE;
    if (gate === "unknown_tenant") return { kind: "unknown_tenant" };
    if (gate.suspended) {
      // It has no alarm while nothing goes on: who was not told of a resume learns of it by those who call.
      if (Date.now() >= gate.recountAt) this.#loop.reconcile();
      return { kind: "tenant_suspended" };
    }
    const { promise, resolve } = Promise.withResolvers<Admission>();
    const call = enqueueCall(drafts, options, resolve);
    const { limits, bucket, finishRate, lanes } = gate;
    const buffer = this.#loop.buffered(call);
    const backlog = lanes.backlog + buffer.rows;
    const load = { ...options, limits, bucket, finishRate, buffer, backlog, room: lanes.room };
    const rejection = admit(drafts.length, load, Date.now());
    if (rejection) {
      // A lost settle leaves a slot taken, and where nothing goes on no alarm finds that: look, before turning more away.
      if (rejection.kind === "backlog_full" && Date.now() >= gate.recountAt) this.#loop.reconcile();
      return rejection;
    }
    this.#loop.enqueue(call);
    return promise;
  }

  async change(change: Change, jobId: string): Promise<ChangeReply> {
    const gate = await this.#loop.opened();
    if (gate === "unknown_tenant") return gate;
    if (gate === "unavailable") return "storage_unavailable";
    const { promise, resolve } = Promise.withResolvers<ChangeReply>();
    this.#loop.change({ change, jobId, answer: resolve });
    return promise;
  }

  async changeEach(change: Change, jobIds: readonly string[]): Promise<ChangeReply[]> {
    return Promise.all(jobIds.map((jobId) => this.change(change, jobId)));
  }

  async reload(): Promise<ReloadReply> {
    // A gate that has nothing in flight reads the settings when it starts.
    if (this.#loop.isAsleep && (await this.#isIdle())) return "done";
    const { promise, resolve } = Promise.withResolvers<ReloadReply>();
    this.#loop.reload(resolve);
    return promise;
  }

  async settle(packed: readonly Settlement[] | Packed<readonly Settlement[]>): Promise<void> {
    const settlements = unpack(packed);
    for (const settlement of settlements) {
      if (settlement.dueAt === null) this.#waiters.wake(settlement.id);
      this.#live.settled(settlement);
    }
    const gate = await this.#loop.opened();
    const queues = settlements.map(({ id }) => (typeof gate === "string" ? null : gate.lanes.queueOf(id)));
    if (typeof gate === "string") return this.#stats.ended(settlements, queues);
    let finished = 0;
    let looks = false;
    let earliest: number | null = null;
    for (const { id, attempt, dueAt, followUps = 0, looksAgain = false } of settlements) {
      const freed = gate.lanes.free(id, attempt);
      if (freed) gate.lanes.backlog += followUps;
      // They are due already: found by looking, without an alarm.
      looks ||= followUps > 0 || looksAgain;
      if (dueAt !== null) {
        earliest = Math.min(dueAt, earliest ?? dueAt);
        if (freed) gate.lanes.backlog++;
      } else if (freed) finished++;
    }
    gate.finishRate.record(finished, Date.now());
    this.#stats.ended(settlements, queues);
    if (looks) this.#loop.reconcile();
    else this.#loop.start();
    if (earliest !== null) await gate.wakeBy(earliest);
  }

  async wait(jobId: string, timeoutMs: number): Promise<void> {
    const waiter = this.#waiters.add(jobId, timeoutMs);
    if (waiter === null) return;
    // Read after the waiter is there: a finish before the read is seen by it, one after it wakes the waiter.
    const state = await this.#readState(jobId);
    if (state === null || isTerminal(state)) waiter.end();
    await waiter.done;
  }

  async follow(request: FollowRequest): Promise<FollowReply> {
    return this.#live.follow(request);
  }

  async report(reports: readonly AttemptReport[]): Promise<void> {
    this.#live.report(reports);
  }

  wakeBy(time: number): Promise<void> {
    this.#rememberTenant();
    return this.#wakeBy(time);
  }

  async poke(): Promise<void> {
    if (this.#loop.gate) this.#loop.gate.recountAt = 0;
    await this.alarm();
  }

  async forget(): Promise<void> {
    this.#loop.close();
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }

  async stats(query: StatsQuery): Promise<GateStats> {
    const now = Date.now();
    const counted = this.#stats.read((storage, current) => readStats(storage, current, query, now));
    return { ...counted, live: this.#liveFigures(now) };
  }

  async counts(queries: readonly CountsQuery[]): Promise<RecentCounts[]> {
    return this.#stats.read((storage, current) => queries.map((query) => readCounts(storage, current, query)));
  }

  async lifetime(): Promise<{ readonly counted: Lifetime; readonly live: GateLive | null }> {
    return { counted: this.#stats.read((_, __, lifetime) => lifetime.read()), live: this.#liveFigures(Date.now()) };
  }

  override async alarm(): Promise<void> {
    // A gate that is woken for jobs that have long finished need not start: starting writes a row.
    if (this.#loop.gate === null && (await this.#isIdle())) return;
    await this.#loop.catchUp();
  }

  #liveFigures(now: number): GateLive | null {
    if (this.#loop.gate === null) return null;
    const { lanes } = this.#loop.gate;
    const inFlight = [...lanes.inFlight].map(([queue, jobs]) => ({ queue, jobs }));
    const { concurrency, backlog } = lanes;
    return { concurrency, backlog, inFlight, outOfTokens: lanes.outOfTokens(MOST_QUEUES_TOLD, now) };
  }

  // Nothing to do by now: no job that has not finished, no schedule that has ticked. It is woken by the next tick.
  async #isIdle(): Promise<boolean> {
    try {
      const db = guardD1(this.env.DB, this.#config.readDeadlineMs);
      const { unfinished, nextTick } = await readRemaining(db, this.#tenantId);
      if (unfinished || (nextTick !== null && nextTick <= Date.now())) return false;
      if (nextTick !== null) await this.#wakeBy(nextTick);
      return true;
    } catch {
      return false;
    }
  }

  async #readState(jobId: string) {
    try {
      return await readJobState(guardD1(this.env.DB, this.#config.readDeadlineMs), this.#tenantId, jobId);
    } catch (error) {
      log.warn("a waiting caller's job could not be read", { tenantId: this.#tenantId, jobId, error });
      return null;
    }
  }

  async #open(): Promise<OpenGate | null> {
    const { kv } = this.ctx.storage;
    const gate = await openGate(this.#tenantId, {
      env: this.env,
      config: this.#config,
      waiters: this.#waiters,
      stats: this.#stats,
      live: this.#live,
      wakeBy: (time) => this.#wakeBy(time),
      kv,
    });
    if (gate) this.#rememberTenant();
    return gate;
  }

  #rememberTenant(): void {
    if (this.ctx.storage.kv.get("tenantId") === undefined) this.ctx.storage.kv.put("tenantId", this.#tenantId);
  }

  async #wakeBy(time: number): Promise<void> {
    const set = await this.ctx.storage.getAlarm();
    if (set === null || set > time) await this.ctx.storage.setAlarm(time);
  }
}
