import type { DatabaseSync } from "node:sqlite";
import { isTerminal, type JobState } from "../../src/domain/job.ts";
import type { Admission, JobDraft } from "../../src/protocol/gate.ts";
import { CRASH_LIMIT, LIMITS } from "./world.ts";

/** A job's row as SQLite has it. */
export interface Row {
  readonly id: string;
  readonly state: JobState;
  readonly released: number;
  readonly attempt: number;
  readonly failures: number;
  readonly crashes: number;
  readonly isolated: number;
  readonly max_attempts: number;
  readonly started_at: number | null;
  readonly finished_at: number | null;
  readonly expires_at: number | null;
  readonly cancel_at: number | null;
  readonly cancel_reason: string | null;
  readonly result: string | null;
  readonly errors: string | null;
  readonly callback: string | null;
  readonly parent_id: string | null;
}

interface Known {
  readonly draft: JobDraft;
  /** Enqueues that have no answer yet. */
  open: number;
  acknowledged: boolean;
  /** An enqueue of it has ended without saying whether it was stored. */
  perhaps: boolean;
  attempt: number;
  end: Row | null;
  ranEarly: boolean;
  /** The attempt that somebody has cancelled. */
  lastAttempt: number | null;
}

const UNKNOWN = {
  open: 0,
  acknowledged: false,
  perhaps: false,
  attempt: 0,
  end: null,
  ranEarly: false,
  lastAttempt: null,
};

/** What callers have been told, and what must hold of the database because of it (DESIGN: the invariants). */
export class Model {
  readonly #jobs = new Map<string, Known>();

  get drafts(): readonly JobDraft[] {
    return [...this.#jobs.values()].map(({ draft }) => draft);
  }

  /** An enqueue that is under way: until it is answered, its jobs may or may not be there. */
  sent(drafts: readonly JobDraft[]): (admission: Admission | "lost") => void {
    const calls = drafts.map((draft) => {
      const known = this.#jobs.get(draft.id) ?? { draft, ...UNKNOWN };
      this.#jobs.set(draft.id, known);
      known.open++;
      return known;
    });
    return (admission) => {
      for (const known of calls) {
        known.open--;
        if (admission === "lost") known.perhaps = true;
        else if (admission.kind === "admitted") known.acknowledged = true;
        else if (admission.kind === "storage_unavailable" && !admission.untried) known.perhaps = true;
      }
    };
  }

  ranEarly(id: string): void {
    const known = this.#jobs.get(id);
    if (known) known.ranEarly = true;
  }

  /** Which of the invariants do not hold, in words. */
  violations(sqlite: DatabaseSync): string[] {
    const rows = sqlite.prepare("SELECT * FROM jobs").all() as unknown as Row[];
    const byId = new Map(rows.map((row) => [row.id, row]));
    const held = rows.filter(({ released }) => released === 1).length;
    const found = held > LIMITS.concurrency ? [`${held} jobs hold a slot, ${LIMITS.concurrency} may`] : [];
    for (const [id, known] of this.#jobs) found.push(...this.#check(id, known, byId.get(id)));
    return [...found, ...callbackViolations(rows)];
  }

  #check(id: string, known: Known, row: Row | undefined): string[] {
    if (row === undefined) return known.acknowledged || known.end ? [`${id} was acknowledged, and is not there`] : [];
    const found: string[] = [];
    if (!known.acknowledged && !known.perhaps && known.open === 0) found.push(`${id} was refused, and is there`);
    if (
      known.end &&
      (known.end.state !== row.state || known.end.finished_at !== row.finished_at || known.end.result !== row.result)
    ) {
      found.push(`${id} was ${known.end.state}, and is ${row.state} now`);
    }
    if (isTerminal(row.state)) known.end ??= row;
    if (row.attempt < known.attempt) found.push(`the attempt of ${id} went back`);
    known.attempt = row.attempt;
    if (row.failures > row.max_attempts) found.push(`${id} has failed ${row.failures} times`);
    if (row.crashes > CRASH_LIMIT) found.push(`${id} has crashed ${row.crashes} times`);
    // An innocent neighbour loses no counted attempt: the lease that is lost beside others does not count.
    const lost = row.errors?.match(/"kind":"crash"/g)?.length ?? 0;
    if (lost !== row.crashes + row.isolated) found.push(`${id} lost ${lost} leases, ${row.crashes} are counted`);
    const { dueAt } = known.draft;
    if (row.started_at !== null && dueAt !== null && row.started_at < dueAt && !known.ranEarly) {
      found.push(`${id} started before it was due`);
    }
    if (row.attempt === 1 && row.expires_at !== null && (row.started_at ?? 0) >= row.expires_at) {
      found.push(`${id} was started after it had expired`);
    }
    known.lastAttempt ??= row.cancel_at === null ? null : row.attempt;
    if (known.lastAttempt !== null && row.attempt > known.lastAttempt)
      found.push(`${id} ran again after it was cancelled`);
    if (row.cancel_reason === "expired" && row.attempt > 0) found.push(`${id} was started, and expired`);
    if (row.state === "cancelled" && row.cancel_reason === null) found.push(`${id} was cancelled by nobody`);
    return found;
  }
}

/** Each job that has ended and asked for it has exactly one callback, and no other job has one. */
function callbackViolations(rows: readonly Row[]): string[] {
  const told = Map.groupBy(rows, ({ parent_id }) => parent_id);
  return rows.flatMap(({ id, state, callback }) => {
    const wanted = callback !== null && isTerminal(state) ? 1 : 0;
    const there = told.get(id)?.length ?? 0;
    return there === wanted ? [] : [`${id} is ${state}, and has ${there} callbacks instead of ${wanted}`];
  });
}
