import { describeError, FatalError, RetryError } from "../domain/outcome.ts";
import { log } from "../log.ts";
import { pause, retryPauseMs } from "../pause.ts";
import type { ClaimedJob } from "../storage/claim-jobs.ts";
import { FINISH_CHARACTERS } from "../storage/finish-jobs.ts";
import { isRefusal } from "../storage/guarded-d1.ts";
import { storeSteps } from "../storage/store-steps.ts";
import type { EndedStep } from "./attempt-steps.ts";
import { Stopped } from "./heartbeat.ts";

const TRIES = 8;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

type Attempt = Pick<ClaimedJob, "tenantId" | "id" | "attempt">;

/** Steps of one attempt that wait for the next write. */
interface Waiting {
  readonly job: Attempt;
  readonly members: string[];
  claimedBytes: number;
  readonly logs: () => string | null;
  readonly stored: PromiseWithResolvers<void>;
}

/**
 * Writes steps by natural batching: those that end while a write is in flight go with the next one, whatever jobs they
 * are of, and all of one job's are one row. A write of unknown outcome is made again.
 */
export class StepWriter {
  readonly #db: D1Database;
  readonly #lost: (job: Attempt) => void;
  #waiting = new Map<string, Waiting>();
  #writing = false;

  /** @param lost is told of an attempt that turns out to be no longer the one that counts */
  constructor(db: D1Database, lost: (job: Attempt) => void) {
    this.#db = db;
    this.#lost = lost;
  }

  /**
   * Resolves once the step is stored.
   * @param payloadBytes of the payload in the job's row
   * @param logs what the attempt has said when the step is written
   * @throws Stopped when the attempt no longer runs; RetryError when D1 stays away; FatalError when it refuses the step
   */
  store(job: Attempt, step: EndedStep, payloadBytes: number, logs: () => string | null): Promise<void> {
    const waiting = this.#waiting.get(key(job)) ?? {
      job,
      members: [],
      claimedBytes: 0,
      logs,
      stored: Promise.withResolvers<void>(),
    };
    this.#waiting.set(key(job), waiting);
    waiting.members.push(step.member);
    waiting.claimedBytes = payloadBytes + step.bytes;
    if (!this.#writing) void this.#writeAll();
    return waiting.stored.promise;
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    // Steps that end in the same turn go together.
    await Promise.resolve();
    while (this.#waiting.size > 0) await this.#write(this.#take());
    this.#writing = false;
  }

  #take(): Waiting[] {
    const taken: Waiting[] = [];
    let characters = 0;
    for (const [name, waiting] of this.#waiting) {
      characters += 300 + waiting.members.join().length + (waiting.logs()?.length ?? 0);
      if (taken.length > 0 && characters > FINISH_CHARACTERS) break;
      taken.push(waiting);
      this.#waiting.delete(name);
    }
    return taken;
  }

  async #write(waiting: readonly Waiting[]): Promise<void> {
    const steps = waiting.map(({ job: { tenantId, id, attempt }, members, claimedBytes, logs }) => {
      return { tenantId, id, attempt, steps: `{${members.join()}}`, claimedBytes, logs: logs() };
    });
    for (let attempt = 1; ; attempt++) {
      try {
        const running = await storeSteps(this.#db, steps);
        for (const one of waiting) this.#settle(one, running.has(key(one.job)));
        return;
      } catch (error) {
        if (isRefusal(error)) return this.#splitRefused(waiting, error);
        if (attempt === TRIES) return giveUp(waiting, error);
        await pause(retryPauseMs(attempt, FIRST_PAUSE_MS, LONGEST_PAUSE_MS));
      }
    }
  }

  #settle({ job, stored }: Waiting, isStored: boolean): void {
    if (isStored) return stored.resolve();
    stored.reject(new Stopped(false));
    this.#lost(job);
  }

  // What D1 refuses of one job must not hold back the others.
  async #splitRefused(waiting: readonly Waiting[], refusal: unknown): Promise<void> {
    const [only] = waiting;
    if (waiting.length === 1) {
      return only?.stored.reject(
        new FatalError(`the database refuses the steps: ${describeError(refusal).message}`, { cause: refusal }),
      );
    }
    const half = Math.ceil(waiting.length / 2);
    await this.#write(waiting.slice(0, half));
    await this.#write(waiting.slice(half));
  }
}

function giveUp(waiting: readonly Waiting[], cause: unknown): void {
  log.error("steps given up", { jobs: waiting.map(({ job }) => job.id).slice(0, 100), error: cause });
  for (const { stored } of waiting) stored.reject(new RetryError("the step cannot be stored at the moment", { cause }));
}

function key({ tenantId, id }: Attempt): string {
  return `${tenantId}/${id}`;
}
