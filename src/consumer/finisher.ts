import { withDeadline } from "../deadline.ts";
import type { AttemptError } from "../domain/outcome.ts";
import { log } from "../log.ts";
import { pause, retryPauseMs } from "../pause.ts";
import type { GateRpc, Settlement } from "../protocol/gate.ts";
import { pack } from "../protocol/packed.ts";
import { FINISH_CHARACTERS, type Finish, findFinished, finishJobs } from "../storage/finish-jobs.ts";
import { isRefusal } from "../storage/guarded-d1.ts";
import { refusedFinish } from "./finish.ts";

const MOST_PER_WRITE = 1_000;
const TRIES = 8;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** A settle is not waited for any longer: the invocation is to end. */
const SETTLE_MS = 10_000;

/**
 * Writes the ends of attempts by natural batching: what has ended while a write is in flight goes with the next one,
 * so that a slow job holds back nobody. What a write has confirmed is settled with its tenant's gate.
 */
export class Finisher {
  readonly #db: D1Database;
  readonly #gateOf: (tenantId: string) => GateRpc;
  #pending: Finish[] = [];
  #writing: Promise<void> | null = null;
  readonly #settling = new Set<Promise<void>>();

  constructor(db: D1Database, gateOf: (tenantId: string) => GateRpc) {
    this.#db = db;
    this.#gateOf = gateOf;
  }

  add(finish: Finish): void {
    this.#pending.push(finish);
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when everything added so far is written and settled. */
  async drained(): Promise<void> {
    while (this.#writing) await this.#writing;
    await Promise.all(this.#settling);
  }

  async #writeAll(): Promise<void> {
    // Attempts that take no time go together, also those that start as these end.
    await pause(0);
    while (this.#pending.length > 0) this.#settle(await this.#write(this.#take()));
    this.#writing = null;
  }

  #take(): Finish[] {
    let characters = 0;
    let count = 0;
    for (const finish of this.#pending) {
      characters += charactersOf(finish);
      if (count === MOST_PER_WRITE || (count > 0 && characters > FINISH_CHARACTERS)) break;
      count++;
    }
    return this.#pending.splice(0, count);
  }

  // Tried again while D1 is away. Given up in the end: the leases run out, and the jobs run once more.
  async #write(finishes: readonly Finish[]): Promise<Finish[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        const finished = await finishJobs(this.#db, finishes);
        return attempt === 1 ? finished : await findFinished(this.#db, finishes);
      } catch (error) {
        if (isRefusal(error)) return this.#splitRefused(finishes, error);
        if (attempt === TRIES) {
          log.error("finishes given up", { jobs: finishes.map(({ id }) => id).slice(0, 100), error });
          return [];
        }
        await pause(retryPauseMs(attempt, FIRST_PAUSE_MS, LONGEST_PAUSE_MS));
      }
    }
  }

  // One finish that D1 refuses must not hold back the others; its job fails, and says why.
  async #splitRefused(finishes: readonly Finish[], refusal: unknown): Promise<Finish[]> {
    const [only] = finishes;
    if (only === undefined) return [];
    if (finishes.length > 1) {
      const half = Math.ceil(finishes.length / 2);
      const first = await this.#write(finishes.slice(0, half));
      return [...first, ...(await this.#write(finishes.slice(half)))];
    }
    if (only.state === "failed" && only.result === null) {
      log.error("a finish is refused", { tenantId: only.tenantId, jobId: only.id, error: refusal });
      return [];
    }
    return this.#write([refusedFinish(only, refusal, Date.now())]);
  }

  // Outside the write: a settle that fails must not undo a finished job. The gate's alarm makes up for it.
  #settle(finished: readonly Finish[]): void {
    for (const [tenantId, finishes] of Map.groupBy(finished, (finish) => finish.tenantId)) {
      const settlements = finishes.map(toSettlement);
      const settle = async () => this.#gateOf(tenantId).settle(pack(settlements));
      const settled: Promise<void> = withDeadline<void>(
        settle(),
        SETTLE_MS,
        () => new Error(`no answer within ${SETTLE_MS} ms`),
      )
        .catch((error: unknown) => log.warn("a settle was lost", { tenantId, jobs: settlements.length, error }))
        .finally(() => this.#settling.delete(settled));
      this.#settling.add(settled);
    }
  }
}

function charactersOf({ result, error, logs, blobs, children }: Finish): number {
  const enqueued = (children?.drafts ?? []).reduce(
    (sum, { payloadBytes, next }) => sum + 600 + payloadBytes + (next?.length ?? 0),
    0,
  );
  const own = (result?.length ?? 0) + (error?.length ?? 0) + (logs?.length ?? 0);
  return 300 + own + 200 * blobs.length + enqueued;
}

function toSettlement(finish: Finish): Settlement {
  const { id, attempt, state, dueAt, followUps = 0, looksAgain = false, measured, error, job } = finish;
  const name = error === null ? null : (JSON.parse(error) as AttemptError).name;
  const told = job && { job: { ...job, error: name } };
  return { id, attempt, state, dueAt, followUps, looksAgain, ...(measured && { measured }), ...told };
}
