import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import type { SluiceEnv } from "../../src/env.ts";
import { TenantGate } from "../../src/gate/tenant-gate.ts";
import type { GateRpc } from "../../src/protocol/gate.ts";
import type { Clock } from "./clock.ts";
import type { Process } from "./process.ts";

const ALARM_RETRY_MS = 2_000;

/** What a gate's object needs of the world. */
interface Surroundings {
  readonly clock: Clock;
  readonly start: () => Process;
  readonly env: (process: Process) => SluiceEnv;
}

/** A tenant's Durable Object: what it keeps, and its alarm, outlive its processes, of which one runs at a time. */
export class GateObject {
  readonly #tenantId: string;
  readonly #world: Surroundings;
  readonly #kv = new Map<string, unknown>();
  readonly #sql = new DatabaseSync(":memory:");
  #alarm: number | null = null;
  #alarmRuns: Process | null = null;
  #running: { readonly process: Process; readonly gate: TenantGate } | null = null;

  constructor(tenantId: string, world: Surroundings) {
    this.#tenantId = tenantId;
    this.#world = world;
  }

  /** When it is woken next; one alarm runs at a time. */
  get alarm(): number | null {
    return this.#alarmRuns?.isDead === false ? null : this.#alarm;
  }

  kill(): void {
    this.#running?.process.kill();
  }

  close(): void {
    this.kill();
    this.#sql.close();
  }

  loseAlarm(): void {
    this.#alarm = null;
  }

  async fireAlarm(): Promise<void> {
    const { clock } = this.#world;
    this.#alarm = null;
    const { process, gate } = this.#started();
    this.#alarmRuns = process;
    const ended = () => {
      if (this.#alarmRuns === process) this.#alarmRuns = null;
    };
    gate.alarm().then(ended, () => {
      ended();
      // The platform fires an alarm again that has failed.
      this.#alarm ??= clock.now + ALARM_RETRY_MS;
    });
    await clock.flush();
    // The platform runs an alarm again that was cut off.
    if (process.isDead) {
      this.#alarmRuns = null;
      this.#alarm ??= clock.now;
    }
  }

  /** The object as others call it: one that has died is started anew. */
  stub(): GateRpc {
    const call = async (method: keyof GateRpc, args: readonly unknown[]) => {
      const { process, gate } = this.#started();
      const gone = new Promise<never>((_, reject) => process.onDeath(() => reject(reset())));
      // As over RPC: values are copied, and a caller learns of the object's death.
      const answer = (gate[method] as (...args: unknown[]) => Promise<unknown>)(...structuredClone(args));
      return Promise.race([answer, gone]);
    };
    return new Proxy({} as GateRpc, {
      get: (_, method) => (method === "then" ? undefined : (...args: unknown[]) => call(method as keyof GateRpc, args)),
    });
  }

  #started(): { readonly process: Process; readonly gate: TenantGate } {
    if (this.#running === null || this.#running.process.isDead) {
      const process = this.#world.start();
      this.#running = { process, gate: new TenantGate(this.#state(process), this.#world.env(process)) };
    }
    return this.#running;
  }

  #state(process: Process): DurableObjectState {
    const kv = this.#kv;
    return {
      id: { name: this.#tenantId },
      storage: {
        kv: {
          get: (key: string) => kv.get(key),
          put: (key: string, value: unknown) => void kv.set(key, structuredClone(value)),
          delete: (key: string) => kv.delete(key),
        },
        sql: {
          exec: (query: string, ...values: SQLInputValue[]) => {
            const rows = this.#sql.prepare(query).all(...values);
            return Object.assign(rows, { one: () => rows[0] });
          },
        },
        getAlarm: () => process.call("getAlarm", () => this.#alarm),
        setAlarm: (time: number) =>
          process.call("setAlarm", () => {
            this.#alarm = time;
          }),
      },
    } as unknown as DurableObjectState;
  }
}

function reset(): Error {
  return Object.assign(new Error("the object was reset"), { retryable: true });
}
