import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { Usage } from "../../bench/prices.ts";
import { TenantGate } from "../../src/gate/tenant-gate.ts";
import type { Settlement } from "../../src/protocol/gate.ts";
import { type Packed, unpack } from "../../src/protocol/packed.ts";
import { type Cost, meterD1 } from "../support/metered-d1.ts";
import worker from "../support/worker.ts";
import { onCall, replaceCall } from "./on-call.ts";

/** What a message carries beside its body, and what one billed operation carries (the platform's figures). */
const MESSAGE_METADATA_BYTES = 100;
const OPERATION_BYTES = 64_000;
/** What a gate is called by. */
const METHODS = [
  "enqueue",
  "settle",
  "change",
  "reload",
  "wait",
  "follow",
  "report",
  "wakeBy",
  "poke",
  "stats",
  "lifetime",
  "alarm",
] as const;

/**
 * Counts what everything done from now on uses, until mocks are restored. It stands between the Worker, the gates and
 * their bindings, and passes everything on: what runs is the real thing.
 */
export class UsageMeter {
  /** Enqueues that have reached a gate. */
  enqueues = 0;
  /** While it says so, gates write nothing (asked again and again, as a promise must not cross into a gate). */
  holdsWrites = () => false;
  /** Jobs that have finished, and whose gate knows it. */
  readonly finished = new Set<string>();
  readonly #costs: Cost[] = [];
  readonly #counts = {
    workerRequests: 0,
    objectRequests: 0,
    objectRowsWritten: 0,
    queueOperations: 0,
    classA: 0,
    classB: 0,
  };

  private constructor() {
    this.#meterWorker();
    this.#meterGates();
    this.#meterDatabase();
    onCall(env.BLOBS, "put", () => this.#counts.classA++);
    onCall(env.BLOBS, "get", () => this.#counts.classB++);
  }

  /** @param tenantId of any tenant: what is put around the storage of its gate counts for all gates */
  static async start(tenantId: string): Promise<UsageMeter> {
    const meter = new UsageMeter();
    await runInDurableObject(env.GATES.getByName(tenantId), (_, { storage }) => meter.#meterStorage(storage));
    return meter;
  }

  get usage(): Usage {
    const rowsRead = this.#costs.reduce((sum, { read }) => sum + read, 0);
    const rowsWritten = this.#costs.reduce((sum, { written }) => sum + written, 0);
    return { ...this.#counts, rowsRead, rowsWritten };
  }

  #meterWorker(): void {
    onCall(worker, "fetch", () => this.#counts.workerRequests++);
    onCall(worker, "queue", ([batch]) => {
      this.#counts.workerRequests++;
      // Each message is read once and deleted once.
      this.#counts.queueOperations += 2 * operations(batch.messages);
    });
    for (const queue of [env.JOBS, env.EXPRESS, env.ISOLATED]) {
      onCall(queue, "sendBatch", ([messages]) => {
        this.#counts.queueOperations += operations(messages);
      });
    }
  }

  #meterGates(): void {
    const gates = TenantGate.prototype;
    for (const method of METHODS) {
      onCall(gates, method, () => this.#counts.objectRequests++);
    }
    onCall(gates, "enqueue", () => this.enqueues++);
    replaceCall(gates, "settle", async (settle, [settlements]) => {
      await settle();
      for (const { id, dueAt } of unpack(settlements as Packed<Settlement[]>))
        if (dueAt === null) this.finished.add(id);
    });
  }

  // By their prototypes, so that a gate which starts later is counted too.
  #meterStorage(storage: DurableObjectStorage): void {
    onCall(Object.getPrototypeOf(storage) as DurableObjectStorage, "setAlarm", () => this.#counts.objectRowsWritten++);
    onCall(Object.getPrototypeOf(storage.kv) as SyncKvStorage, "put", () => this.#counts.objectRowsWritten++);
    replaceCall(Object.getPrototypeOf(storage.sql) as SqlStorage, "exec", (exec) => {
      const cursor = exec();
      this.#counts.objectRowsWritten += cursor.rowsWritten;
      return cursor;
    });
  }

  #meterDatabase(): void {
    const direct = meterD1({ prepare: env.DB.prepare.bind(env.DB), batch: env.DB.batch.bind(env.DB) }, this.#costs);
    replaceCall(env.DB, "prepare", (_, [sql]) => direct.db.prepare(sql));
    replaceCall(env.DB, "batch", (_, [statements]) => direct.db.batch(statements));
    replaceCall(env.DB, "withSession", (begin) => {
      const session = begin();
      const { db } = meterD1(session, this.#costs);
      return {
        prepare: (sql: string) => db.prepare(sql),
        batch: async <T>(statements: D1PreparedStatement[]) => {
          while (this.holdsWrites()) await new Promise((resolve) => setTimeout(resolve, 5));
          return db.batch<T>(statements);
        },
        getBookmark: () => session.getBookmark(),
      };
    });
  }
}

function operations(messages: Iterable<{ readonly body: unknown }>): number {
  let count = 0;
  for (const { body } of messages) {
    count += Math.ceil((JSON.stringify(body).length + MESSAGE_METADATA_BYTES) / OPERATION_BYTES);
  }
  return count;
}
