import type { DatabaseSync } from "node:sqlite";
import type { Deployment } from "../../src/api/deployment.ts";
import { forgetTenant } from "../../src/api/known-tenants.ts";
import { readConfig } from "../../src/config.ts";
import { consumeBatch } from "../../src/consumer/consume-batch.ts";
import type { Registry } from "../../src/domain/registry.ts";
import type { SluiceEnv } from "../../src/env.ts";
import { tick } from "../../src/maintenance/tick.ts";
import type { GateRpc } from "../../src/protocol/gate.ts";
import type { QueueMessage } from "../../src/protocol/queue-message.ts";
import { Clock } from "./clock.ts";
import { GateObject } from "./gate-object.ts";
import { Handlers, type Run } from "./handlers.ts";
import { Journal } from "./journal.ts";
import { type Decide, Process } from "./process.ts";
import { migrateAll, openDatabase, sqliteD1 } from "./sqlite-d1.ts";

/** When a world begins, in milliseconds since the epoch. */
export const BEGIN = 1_800_000_000_000;
export const TENANT = "acme";
export const LIMITS = { rate: 1_000, burst: 1_000, backlog: 60, concurrency: 4 } as const;
/** Tenants and their limits. */
export const TENANTS: ReadonlyMap<string, typeof LIMITS | { readonly [Limit in keyof typeof LIMITS]: number }> =
  new Map([
    [TENANT, LIMITS],
    ["bolt", { ...LIMITS, backlog: 40, concurrency: 3 }],
  ]);
export const CRASH_LIMIT = 3;

/** More alarms and timers than in an hour of anything that makes sense: something goes round in circles. */
const MOST_EVENTS = 20_000;

/**
 * The whole of Sluice in one process, with the real gates, consumer and SQL: only the platform is simulated. Time passes
 * when it is told to, messages are delivered when they are told to, and every call to a binding can fail, hang, or kill
 * who has made it.
 */
export class World {
  readonly clock: Clock;
  readonly sqlite: DatabaseSync;
  readonly journal: Journal;
  readonly handlers: Handlers;
  /** Messages in the queues, with the name of theirs. */
  readonly messages: { readonly queue: string; readonly body: QueueMessage }[] = [];
  /** Decides over each call to a binding. */
  decide: Decide = () => "none";
  readonly #gates: ReadonlyMap<string, GateObject>;
  readonly #consumers = new Set<Process>();
  #names = 0;

  /** @param prepare brings the database up to date, where it is not to begin empty */
  constructor(seed: number, prepare: (sqlite: DatabaseSync) => void = migrateAll) {
    this.clock = new Clock(BEGIN, seed);
    this.sqlite = openDatabase(() => this.clock.now);
    prepare(this.sqlite);
    this.journal = new Journal(this.sqlite);
    const select = this.sqlite.prepare(
      "SELECT isolated = 1 OR crashes > 0 AS alone FROM jobs WHERE tenant_id = ? AND id = ?",
    );
    this.handlers = new Handlers((tenantId, jobId) => select.get(tenantId, jobId)?.["alone"] === 1);
    const insert = this.sqlite.prepare(
      "INSERT INTO tenants (id, name, rate, burst, backlog, concurrency, created_at) VALUES (?1, ?1, ?, ?, ?, ?, 0)",
    );
    for (const [tenantId, { rate, burst, backlog, concurrency }] of TENANTS) {
      insert.run(tenantId, rate, burst, backlog, concurrency);
      // What was known of the tenant in another world.
      forgetTenant(tenantId);
    }
    this.#gates = new Map(
      [...TENANTS.keys()].map((tenantId) => {
        const start = () => this.#process(`gate ${tenantId}`);
        return [tenantId, new GateObject(tenantId, { clock: this.clock, start, env: (process) => this.#env(process) })];
      }),
    );
  }

  get running(): ReadonlySet<Run> {
    return this.handlers.running;
  }

  get consumers(): readonly Process[] {
    return [...this.#consumers];
  }

  /** A tenant's gate as the API calls it. */
  gate(tenantId: string): GateRpc {
    return this.#object(tenantId).stub();
  }

  killGate(tenantId: string): void {
    this.#object(tenantId).kill();
  }

  loseAlarm(tenantId: string): void {
    this.#object(tenantId).loseAlarm();
  }

  /** Does something as an invocation of the API for a tenant does it. */
  asApi(tenantId: string): Deployment {
    const process = this.#process(`api ${tenantId}`);
    const env = this.#env(process);
    return { env, config: readConfig(env), registry: this.handlers.registry(process) };
  }

  /** Hands messages to a new consumer; they leave the queue unless they are to come again. */
  async deliver(indexes: readonly number[], again = false): Promise<void> {
    const picked = [...new Set(indexes)].flatMap((index) => this.messages[index] ?? []);
    const [first] = picked;
    if (first === undefined) return;
    const batch = picked
      .filter(({ queue }) => queue === first.queue)
      .slice(0, first.queue === "sluice-isolated" ? 1 : 50);
    if (!again) for (const message of batch) this.messages.splice(this.messages.indexOf(message), 1);
    const process = this.#process(`consumer ${first.queue}`);
    process.onDeath(() => this.#ended(process));
    this.#consumers.add(process);
    const retry = () => {
      if (!process.isDead) for (const message of batch) this.messages.push(message);
    };
    const messages = batch.map(({ body }, id) => ({ id: String(id), body, timestamp: new Date(0), attempts: 1 }));
    const delivery = { queue: first.queue, messages, retryAll: retry } as unknown as MessageBatch;
    const registry: Registry = this.handlers.registry(process);
    void consumeBatch(delivery, this.#env(process), registry).finally(() => this.#ended(process));
    await this.clock.flush();
  }

  /** Lets time pass, and fires the alarms whenever they are due. */
  async advance(ms: number): Promise<void> {
    const until = this.clock.now + ms;
    for (let events = 1; ; events++) {
      if (events > MOST_EVENTS) throw new Error(`${events} alarms and timers within ${ms} ms`);
      const [first] = [...this.#gates.values()]
        .flatMap((gate) => (gate.alarm === null ? [] : [{ gate, at: gate.alarm }]))
        .toSorted((a, b) => a.at - b.at);
      const timer = this.clock.nextTimerAt;
      if (first !== undefined && first.at <= until && first.at <= (timer ?? first.at)) {
        await this.clock.advance(Math.max(0, first.at - this.clock.now));
        await first.gate.fireAlarm();
      } else if (timer !== null && timer <= until) await this.clock.advance(Math.max(0, timer - this.clock.now));
      else break;
    }
    await this.clock.advance(until - this.clock.now);
  }

  /** How long until the first gate is woken; null when none is. */
  get nextAlarmMs(): number | null {
    const alarms = [...this.#gates.values()].flatMap(({ alarm }) => alarm ?? []);
    return alarms.length === 0 ? null : Math.max(0, Math.min(...alarms) - this.clock.now);
  }

  /** What the cron trigger does. */
  async cron(): Promise<void> {
    const process = this.#process("cron");
    void tick(this.#env(process), this.clock.now, this.handlers.registry(process));
    await this.clock.flush();
  }

  close(): void {
    for (const process of this.#consumers) process.kill();
    for (const gate of this.#gates.values()) gate.close();
    this.clock.restore();
    this.sqlite.close();
  }

  #object(tenantId: string): GateObject {
    const gate = this.#gates.get(tenantId);
    if (gate === undefined) throw new Error(`there is no tenant ${tenantId}`);
    return gate;
  }

  #process(kind: string): Process {
    return new Process(`${kind} ${++this.#names}`, (process, call, statements) =>
      this.decide(process, call, statements),
    );
  }

  #ended(process: Process): void {
    this.#consumers.delete(process);
    this.handlers.forget(process);
  }

  #env(process: Process): SluiceEnv {
    const queue = (name: string) => ({
      sendBatch: (messages: readonly { body: QueueMessage }[]) =>
        process.call("send", () => {
          for (const { body } of messages) this.messages.push({ queue: name, body: structuredClone(body) });
        }),
    });
    return {
      DB: sqliteD1(this.sqlite, process),
      BLOBS: { list: async () => ({ objects: [], truncated: false }) },
      GATES: { getByName: (tenantId: string) => this.#stubFor(process, tenantId) },
      JOBS: queue("sluice-jobs"),
      EXPRESS: queue("sluice-express"),
      ISOLATED: queue("sluice-isolated"),
      SLUICE_CRASH_LIMIT: String(CRASH_LIMIT),
      SLUICE_EXPRESS_SLOTS: "2",
    } as unknown as SluiceEnv;
  }

  // A call between two processes can be lost on its way, there or back.
  #stubFor(caller: Process, tenantId: string): GateRpc {
    return new Proxy(this.gate(tenantId), {
      get: (target, method: string) =>
        method === "then"
          ? undefined
          : (...args: unknown[]) =>
              caller.call(method, () =>
                (target as unknown as Record<string, (...a: unknown[]) => Promise<unknown>>)[method]?.(...args),
              ),
    });
  }
}
