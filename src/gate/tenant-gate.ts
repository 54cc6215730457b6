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
import { isFenced } from "../storage/gate-fence.ts";
import { readRemaining } from "../storage/gate-state.ts";
import { guardD1 } from "../storage/guarded-d1.ts";
import { readJobState } from "../storage/read-jobs.ts";
import { admit } from "./admission.ts";
import { type ChangeCall, type EnqueueCall, enqueueCall } from "./calls.ts";
import { type BufferLimits, CommitBuffer } from "./commit-buffer.ts";
import { LiveEvents } from "./live-events.ts";
import { type OpenGate, openGate } from "./open-gate.ts";
import { GateReplaced } from "./read-settings.ts";
import { readCounts, readStats } from "./read-stats.ts";
import { reconcile } from "./reconcile.ts";
import { StatsRecorder } from "./stats-recorder.ts";
import { Waiters } from "./waiters.ts";
import { writeCycle } from "./write-cycle.ts";

const BUFFER: BufferLimits = { rows: 20_000, bytes: 32_000_000, rowsPerWrite: 2_000, bytesPerWrite: 8_000_000 };
const MOST_CHANGES = 1_000;
const MOST_RELOADS = 1_000;
const MOST_WAITERS = 1_000;
const MOST_QUEUES_TOLD = 100;
const RETRY_MS = 1_000;

/**
 * Admits a tenant's jobs, commits them to D1, and releases them into the Queue: the one writer of what has not started,
 * but for what follows on a job's end, which its consumer inserts together with that.
 *
 * All of its writing is one loop, one write at a time, so that no two of its writes can disagree: reconcile if that is
 * due, then one write of everything that has come in the meantime. The loop is level-triggered: whatever changes
 * something only has to start it.
 */
export class TenantGate extends DurableObject<SluiceEnv> implements GateRpc {
  readonly #tenantId: string;
  readonly #config: Config;
  readonly #buffer = new CommitBuffer<EnqueueCall>(BUFFER);
  readonly #waiters = new Waiters(MOST_WAITERS);
  readonly #stats: StatsRecorder;
  readonly #live: LiveEvents;
  #changes: ChangeCall[] = [];
  #reloads: ((reply: ReloadReply) => void)[] = [];
  #gate: OpenGate | null = null;
  #reconcileDue = true;
  #looping: Promise<void> | null = null;
  /** D1 was out of reach: callers are turned away until then, and the next one after it tries again. */
  #downUntil = 0;
  /** A write's outcome is unknown: callers are turned away until D1 was read again. */
  #unresolved = false;

  constructor(ctx: DurableObjectState, env: SluiceEnv) {
    super(ctx, env);
    this.#config = readConfig(env);
    // The name is not known to an object that an alarm wakes after a restart of the local runtime.
    this.#tenantId = ctx.id.name ?? ctx.storage.kv.get<string>("tenantId") ?? "";
    const isAtRest = () => this.#buffer.isEmpty && (this.#gate === null || this.#gate.lanes.held === 0);
    this.#stats = new StatsRecorder(ctx.storage.sql, isAtRest);
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
    const gate = await this.#opened();
    if (gate === "unavailable") return { kind: "storage_unavailable", retryAfterMs: RETRY_MS, untried: true };
    if (gate === "unknown_tenant") return { kind: "unknown_tenant" };
    if (gate.suspended) {
      // It has no alarm while nothing goes on: who was not told of a resume learns of it by those who call.
      if (Date.now() >= gate.recountAt) this.#reconcile();
      return { kind: "tenant_suspended" };
    }
    const { promise, resolve } = Promise.withResolvers<Admission>();
    const call = enqueueCall(drafts, options, resolve);
    const { limits, bucket, finishRate, lanes } = gate;
    const { rows } = this.#buffer;
    const buffer = { fits: this.#buffer.fits(call.rows, call.bytes), rows, most: BUFFER.rows };
    const load = { ...options, limits, bucket, finishRate, buffer, backlog: lanes.backlog + rows, room: lanes.room };
    const rejection = admit(drafts.length, load, Date.now());
    if (rejection) {
      // A lost settle leaves a slot taken, and where nothing goes on no alarm finds that: look, before turning more away.
      if (rejection.kind === "backlog_full" && Date.now() >= gate.recountAt) this.#reconcile();
      return rejection;
    }
    this.#buffer.add(call);
    this.#start();
    return promise;
  }

  async change(change: Change, jobId: string): Promise<ChangeReply> {
    const gate = await this.#opened();
    if (gate === "unknown_tenant") return gate;
    if (gate === "unavailable" || this.#changes.length >= MOST_CHANGES) return "storage_unavailable";
    const { promise, resolve } = Promise.withResolvers<ChangeReply>();
    this.#changes.push({ change, jobId, answer: resolve });
    this.#start();
    return promise;
  }

  async changeEach(change: Change, jobIds: readonly string[]): Promise<ChangeReply[]> {
    return Promise.all(jobIds.map((jobId) => this.change(change, jobId)));
  }

  async reload(): Promise<ReloadReply> {
    // A gate that has nothing in flight reads the settings when it starts.
    if (this.#gate === null && this.#looping === null && (await this.#isIdle())) return "done";
    if (this.#reloads.length >= MOST_RELOADS) return "storage_unavailable";
    const { promise, resolve } = Promise.withResolvers<ReloadReply>();
    this.#reloads.push(resolve);
    if (this.#gate) this.#gate.settingsDue = true;
    this.#reconcile();
    return promise;
  }

  async settle(packed: readonly Settlement[] | Packed<readonly Settlement[]>): Promise<void> {
    const settlements = unpack(packed);
    for (const settlement of settlements) {
      if (settlement.dueAt === null) this.#waiters.wake(settlement.id);
      this.#live.settled(settlement);
    }
    const gate = await this.#opened();
    const queues = settlements.map(({ id }) => (typeof gate === "string" ? null : gate.lanes.queueOf(id)));
    if (typeof gate === "string") return this.#stats.ended(settlements, queues);
    let finished = 0;
    let earliest: number | null = null;
    for (const { id, attempt, dueAt, followUps = 0, looksAgain = false } of settlements) {
      const freed = gate.lanes.free(id, attempt);
      if (freed) gate.lanes.backlog += followUps;
      // They are due already: found by looking, without an alarm.
      if (followUps > 0 || looksAgain) this.#reconcileDue = true;
      if (dueAt !== null) {
        earliest = Math.min(dueAt, earliest ?? dueAt);
        if (freed) gate.lanes.backlog++;
      } else if (freed) finished++;
    }
    gate.finishRate.record(finished, Date.now());
    this.#stats.ended(settlements, queues);
    this.#start();
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
    if (this.#gate) this.#gate.recountAt = 0;
    await this.alarm();
  }

  async forget(): Promise<void> {
    this.#gate = null;
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
    if (this.#gate === null && (await this.#isIdle())) return;
    this.#reconcileDue = true;
    await this.#run();
  }

  #liveFigures(now: number): GateLive | null {
    if (this.#gate === null) return null;
    const { lanes } = this.#gate;
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

  async #opened(): Promise<OpenGate | "unavailable" | "unknown_tenant"> {
    if (this.#gate && !this.#unresolved) return this.#gate;
    if (Date.now() < this.#downUntil) return "unavailable";
    if (this.#unresolved) {
      this.#start();
      return "unavailable";
    }
    await this.#run();
    // One that has its place, and could not read what it is to go by, is of no use yet.
    if (this.#gate) return this.#unresolved ? "unavailable" : this.#gate;
    return this.#downUntil > Date.now() ? "unavailable" : "unknown_tenant";
  }

  #reconcile(): void {
    this.#reconcileDue = true;
    this.#start();
  }

  // Whoever starts it has no use for its failure, which only an alarm can be told: the platform fires that again.
  #start(): void {
    this.#run().catch((error: unknown) => {
      log.error("the gate could not set its alarm", { tenantId: this.#tenantId, error });
    });
  }

  #run(): Promise<void> {
    this.#looping ??= this.#loop();
    return this.#looping;
  }

  async #loop(): Promise<void> {
    // Never synchronously: `#looping` must be set before the loop can end.
    await Promise.resolve();
    try {
      for (let wokenBy = Number.POSITIVE_INFINITY; ; ) {
        while (this.#gate === null || this.#reconcileDue || this.#hasWrites()) {
          const gate = (this.#gate ??= await this.#open());
          if (gate === null) return this.#turnAway({ kind: "unknown_tenant" }, "unknown_tenant");
          await this.#turn(gate);
        }
        const { frozenUntil, lanes } = this.#gate;
        const wakeAt = frozenUntil === null ? lanes.releasableAt() : null;
        if (wakeAt === null || wakeAt >= wokenBy) return;
        await this.#wakeBy(wakeAt);
        // Something may have come meanwhile: looked for once more, as nobody else does while the loop runs.
        wokenBy = wakeAt;
      }
    } catch (error) {
      await this.#fallBack(error);
    } finally {
      this.#looping = null;
    }
  }

  async #turn(gate: OpenGate): Promise<void> {
    const reloads = this.#reloads.splice(0);
    let reply: ReloadReply = "storage_unavailable";
    try {
      if (this.#reconcileDue) {
        // Cleared before: an alarm or a poke that comes meanwhile asks for another one.
        this.#reconcileDue = false;
        if (await reconcile(gate)) this.#reconcileDue = true;
        this.#unresolved &&= gate.frozenUntil !== null;
      }
      if (this.#hasWrites()) await writeCycle(gate, this.#buffer.take(), this.#changes.splice(0));
      // While it is frozen nothing was read, or a write of before may still release what is paused now.
      if (gate.frozenUntil === null) reply = "done";
    } catch (error) {
      if (!isFenced(error) && !(error instanceof GateReplaced)) throw error;
      log.warn("the gate was replaced, or its write came too late: it starts anew", { tenantId: this.#tenantId });
      this.#gate = null;
    } finally {
      for (const answer of reloads) answer(reply);
    }
  }

  #hasWrites(): boolean {
    if (!this.#buffer.isEmpty || this.#changes.length > 0) return true;
    const gate = this.#gate;
    return (
      gate !== null && (gate.recall.length > 0 || (gate.frozenUntil === null && gate.lanes.canRelease(Date.now())))
    );
  }

  async #open(): Promise<OpenGate | null> {
    const { kv } = this.ctx.storage;
    const gate = await openGate(this.#tenantId, {
      env: this.env,
      config: this.#config,
      waiters: this.#waiters,
      stats: this.#stats,
      live: this.#live,
      wakeBy: this.#wakeBy.bind(this),
      kv,
    });
    if (gate) this.#rememberTenant();
    this.#reconcileDue = true;
    return gate;
  }

  #rememberTenant(): void {
    if (this.ctx.storage.kv.get("tenantId") === undefined) this.ctx.storage.kv.put("tenantId", this.#tenantId);
  }

  // D1 could not be read or written: callers are turned away until it was read again.
  async #fallBack(error: unknown): Promise<void> {
    log.error("the gate cannot reach its database", { tenantId: this.#tenantId, error });
    this.#reconcileDue = true;
    this.#unresolved = this.#gate !== null;
    if (this.#gate) this.#gate.recountAt = 0;
    this.#downUntil = Date.now() + RETRY_MS;
    this.#turnAway({ kind: "storage_unavailable", retryAfterMs: RETRY_MS, untried: true }, "storage_unavailable");
    await this.#wakeBy(Date.now() + RETRY_MS);
  }

  #turnAway(admission: Admission, changeReply: ReloadReply): void {
    for (const call of this.#buffer.takeAll()) call.answer(admission);
    for (const call of this.#changes.splice(0)) call.answer(changeReply);
    for (const answer of this.#reloads.splice(0)) answer(changeReply);
  }

  async #wakeBy(time: number): Promise<void> {
    const set = await this.ctx.storage.getAlarm();
    if (set === null || set > time) await this.ctx.storage.setAlarm(time);
  }
}
