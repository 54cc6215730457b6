import type { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { consumeBatch } from "../../src/consumer/consume-batch.ts";
import { CALLBACK_TYPE } from "../../src/domain/callback.ts";
import { defineHandler } from "../../src/domain/handler.ts";
import { FatalError } from "../../src/domain/outcome.ts";
import { createRegistry } from "../../src/domain/registry.ts";
import type { SluiceEnv } from "../../src/env.ts";
import { TenantGate } from "../../src/gate/tenant-gate.ts";
import { tick } from "../../src/maintenance/tick.ts";
import type { GateRpc } from "../../src/protocol/gate.ts";
import type { QueueMessage } from "../../src/protocol/queue-message.ts";
import { Clock } from "./clock.ts";
import { type Decide, Process } from "./process.ts";
import { migrate, openDatabase, sqliteD1 } from "./sqlite-d1.ts";

export const TENANT = "acme";
/** When a world begins, in milliseconds since the epoch. */
export const BEGIN = 1_800_000_000_000;
export const LIMITS = { rate: 1_000, burst: 1_000, backlog: 60, concurrency: 4 } as const;
export const CRASH_LIMIT = 3;

const ALARM_RETRY_MS = 2_000;

/** A handler that is in the middle of a job. */
export interface Run {
  readonly jobId: string;
  readonly attempt: number;
  readonly process: Process;
  readonly end: (outcome: "succeeds" | "fails" | "fails for good") => void;
}

/** What a Durable Object keeps when it dies. */
interface Durable {
  readonly kv: Map<string, unknown>;
  alarm: number | null;
}

/**
 * The whole of Sluice in one process, with the real gate, consumer and SQL: only the platform is simulated. Time passes
 * when it is told to, messages are delivered when they are told to, and every call to a binding can fail, hang, or kill
 * who has made it.
 */
export class World {
  readonly clock: Clock;
  readonly sqlite: DatabaseSync;
  /** Messages in the queues, with the name of theirs. */
  readonly messages: { readonly queue: string; readonly body: QueueMessage }[] = [];
  readonly running = new Set<Run>();
  /** Jobs that ran twice at a time, or beside others though they must run alone. */
  readonly overlaps: string[] = [];
  /** Decides over each call to a binding. */
  decide: Decide = () => "none";
  readonly #durable: Durable = { kv: new Map(), alarm: null };
  #gate: { readonly process: Process; readonly object: TenantGate } | null = null;
  #alarmRuns: Process | null = null;
  readonly #consumers = new Set<Process>();
  #names = 0;

  /** @param prepare brings the database up to date, where it is not to begin empty */
  constructor(seed: number, prepare: (sqlite: DatabaseSync) => void = migrate) {
    this.clock = new Clock(BEGIN, seed);
    this.sqlite = openDatabase(() => this.clock.now);
    prepare(this.sqlite);
    this.sqlite
      .prepare(
        "INSERT INTO tenants (id, name, rate, burst, backlog, concurrency, created_at) VALUES (?, ?, ?, ?, ?, ?, 0)",
      )
      .run(TENANT, TENANT, LIMITS.rate, LIMITS.burst, LIMITS.backlog, LIMITS.concurrency);
  }

  /** The gate as the API calls it: an object that has died is started anew. */
  get gate(): GateRpc {
    return this.#stub();
  }

  get consumers(): readonly Process[] {
    return [...this.#consumers];
  }

  killGate(): void {
    this.#gate?.process.kill();
  }

  loseAlarm(): void {
    this.#durable.alarm = null;
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
    const process = this.#process("consumer", () => this.#ended(process));
    this.#consumers.add(process);
    const retry = () => {
      if (!process.isDead) for (const message of batch) this.messages.push(message);
    };
    const messages = batch.map(({ body }, id) => ({ id: String(id), body, timestamp: new Date(0), attempts: 1 }));
    const delivery = { queue: first.queue, messages, retryAll: retry } as unknown as MessageBatch;
    void consumeBatch(delivery, this.#env(process), this.#registry(process)).finally(() => this.#ended(process));
    await this.clock.flush();
  }

  /** Lets time pass, and fires the alarm whenever it is due. */
  async advance(ms: number): Promise<void> {
    const until = this.clock.now + ms;
    for (;;) {
      // One alarm runs at a time.
      const alarm = this.#alarmRuns?.isDead === false ? null : this.#durable.alarm;
      const timer = this.clock.nextTimerAt;
      if (alarm !== null && alarm <= until && alarm <= (timer ?? alarm)) {
        await this.clock.advance(Math.max(0, alarm - this.clock.now));
        await this.#fireAlarm();
      } else if (timer !== null && timer <= until) await this.clock.advance(Math.max(0, timer - this.clock.now));
      else break;
    }
    await this.clock.advance(until - this.clock.now);
  }

  /** What the cron trigger does. */
  async cron(): Promise<void> {
    const process = this.#process("cron");
    void tick(this.#env(process), this.clock.now, this.#registry(process));
    await this.clock.flush();
  }

  close(): void {
    for (const process of this.#consumers) process.kill();
    this.killGate();
    this.clock.restore();
    this.sqlite.close();
  }

  async #fireAlarm(): Promise<void> {
    this.#durable.alarm = null;
    const { process, object } = this.#opened();
    this.#alarmRuns = process;
    const ended = () => {
      if (this.#alarmRuns === process) this.#alarmRuns = null;
    };
    object.alarm().then(ended, () => {
      ended();
      // The platform fires an alarm again that has failed.
      this.#durable.alarm ??= this.clock.now + ALARM_RETRY_MS;
    });
    await this.clock.flush();
    // The platform runs an alarm again that was cut off.
    if (process.isDead) {
      this.#alarmRuns = null;
      this.#durable.alarm ??= this.clock.now;
    }
  }

  /** As the operator does it, but for telling the gate. */
  suspend(suspended: boolean): void {
    this.sqlite.prepare("UPDATE tenants SET suspended_at = ?").run(suspended ? 1 : null);
  }

  #opened(): { readonly process: Process; readonly object: TenantGate } {
    if (this.#gate === null || this.#gate.process.isDead) {
      const process = this.#process("gate");
      this.#gate = { process, object: new TenantGate(this.#state(process), this.#env(process)) };
    }
    return this.#gate;
  }

  #stub(): GateRpc {
    const call = async (method: keyof GateRpc, args: readonly unknown[]) => {
      const { process, object } = this.#opened();
      const gone = new Promise<never>((_, reject) => this.#onDeath.set(process, () => reject(reset())));
      // As over RPC: values are copied, and a caller learns of the object's death.
      const answer = (object[method] as (...args: unknown[]) => Promise<unknown>)(...structuredClone(args));
      return Promise.race([answer, gone]);
    };
    return new Proxy({} as GateRpc, {
      get: (_, method) => (method === "then" ? undefined : (...args: unknown[]) => call(method as keyof GateRpc, args)),
    });
  }

  readonly #onDeath = new Map<Process, () => void>();

  #process(kind: string, onDeath: () => void = () => undefined): Process {
    const process: Process = new Process(
      `${kind} ${++this.#names}`,
      (process, call, statements) => this.decide(process, call, statements),
      () => {
        onDeath();
        this.#onDeath.get(process)?.();
      },
    );
    return process;
  }

  #ended(process: Process): void {
    this.#consumers.delete(process);
    for (const run of this.running) if (run.process === process) this.running.delete(run);
  }

  #state(process: Process): DurableObjectState {
    const durable = this.#durable;
    const alarm = <T>(name: string, run: () => T) => process.call(name, run);
    return {
      id: { name: TENANT },
      storage: {
        kv: {
          get: (key: string) => durable.kv.get(key),
          put: (key: string, value: unknown) => void durable.kv.set(key, structuredClone(value)),
          delete: (key: string) => durable.kv.delete(key),
        },
        getAlarm: () => alarm("getAlarm", () => durable.alarm),
        setAlarm: (time: number) =>
          alarm("setAlarm", () => {
            durable.alarm = time;
          }),
      },
    } as unknown as DurableObjectState;
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
      GATES: { getByName: () => this.#stubFor(process) },
      JOBS: queue("sluice-jobs"),
      EXPRESS: queue("sluice-express"),
      ISOLATED: queue("sluice-isolated"),
      SLUICE_CRASH_LIMIT: String(CRASH_LIMIT),
    } as unknown as SluiceEnv;
  }

  // A call between two processes can be lost on its way, there or back.
  #stubFor(caller: Process): GateRpc {
    const gate = this.#stub();
    return new Proxy(gate, {
      get: (target, method: string) =>
        method === "then"
          ? undefined
          : (...args: unknown[]) =>
              caller.call(method, () =>
                (target as unknown as Record<string, (...a: unknown[]) => Promise<unknown>>)[method]?.(...args),
              ),
    });
  }

  #isAnyIsolated(...ids: string[]): boolean {
    const isolated = this.sqlite.prepare("SELECT isolated FROM jobs WHERE id = ?");
    return ids.some((id) => isolated.get(id)?.["isolated"] === 1);
  }

  #registry(process: Process) {
    const work = defineHandler({
      type: "work",
      input: z.unknown(),
      timeout: "30s",
      run: (_, { jobId, attempt, signal }) => {
        const { promise, resolve, reject } = Promise.withResolvers<string>();
        const run: Run = {
          jobId,
          attempt,
          process,
          end: (outcome) => {
            this.running.delete(run);
            if (outcome === "succeeds") resolve("done");
            else reject(outcome === "fails" ? new Error("no luck") : new FatalError("never"));
          },
        };
        for (const other of this.running) {
          if (other.jobId === jobId) this.overlaps.push(jobId);
          if (other.process === process && this.#isAnyIsolated(jobId, other.jobId))
            this.overlaps.push(`${jobId} did not run alone`);
        }
        this.running.add(run);
        // A well-behaved handler ends when its time is up.
        signal.addEventListener("abort", () => run.end("fails"));
        return promise;
      },
    });
    const deliver = { ...work, type: CALLBACK_TYPE };
    return createRegistry([work], [deliver]);
  }
}

function reset(): Error {
  return Object.assign(new Error("the object was reset"), { retryable: true });
}
