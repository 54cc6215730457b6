import { isTerminal, type JobState } from "../../src/domain/job.ts";
import type { Admission, JobDraft } from "../../src/protocol/gate.ts";
import { CRASH_LIMIT } from "./world.ts";

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
  readonly replay_of: string | null;
  readonly callback: string | null;
  readonly parent_id: string | null;
  readonly type: string;
  readonly payload: string | null;
  readonly next: string | null;
  readonly previous: string | null;
  readonly group_id: string | null;
}

interface Known {
  /** Null for a job that no caller has enqueued. */
  readonly draft: JobDraft | null;
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

/** What callers of one tenant have been told, and what must hold of its jobs because of it (DESIGN: the invariants). */
export class JobModel {
  readonly #jobs = new Map<string, Known>();

  get drafts(): readonly JobDraft[] {
    return [...this.#jobs.values()].flatMap(({ draft }) => draft ?? []);
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
      for (const [index, known] of calls.entries()) {
        known.open--;
        if (admission === "lost") known.perhaps = true;
        // It may be another job that is the same in what counts.
        else if (admission.kind === "admitted")
          this.acknowledged(admission.originals[index]?.id ?? drafts[index]?.id ?? "");
        else if (admission.kind === "storage_unavailable" && !admission.untried) known.perhaps = true;
      }
    };
  }

  /** Somebody was told of this job: it must be there. */
  acknowledged(id: string): void {
    const known = this.#jobs.get(id) ?? { draft: null, ...UNKNOWN };
    this.#jobs.set(id, known);
    known.acknowledged = true;
  }

  ranEarly(id: string): void {
    const known = this.#jobs.get(id);
    if (known) known.ranEarly = true;
  }

  /** Which of the invariants do not hold of the tenant's rows, in words. */
  violations(rows: readonly Row[]): string[] {
    const byId = new Map(rows.map((row) => [row.id, row]));
    for (const { id, replay_of, parent_id } of rows)
      if (replay_of !== null || parent_id !== null) this.acknowledged(id);
    const nobodys = rows.filter(({ id }) => !this.#jobs.has(id)).map(({ id }) => `${id} was enqueued by nobody`);
    return [...nobodys, ...[...this.#jobs].flatMap(([id, known]) => this.#check(id, known, byId.get(id)))];
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
    const dueAt = known.draft?.dueAt ?? null;
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
    return [...found, ...endsOfOthers(row)];
  }
}

/** Each attempt ends once, and none by another's finish: a handler's result is its attempt, and errors have theirs. */
function endsOfOthers({ id, state, attempt, result, errors }: Row): string[] {
  const ended = errors === null ? [] : (JSON.parse(errors) as { readonly attempt: number }[]).map((one) => one.attempt);
  const inOrder = ended.every((one, index) => one > (ended[index - 1] ?? 0));
  return [
    ...(inOrder ? [] : [`${id} has attempts that ended twice: ${ended.join(", ")}`]),
    ...(state === "succeeded" && result !== String(attempt) ? [`${id} was ended by attempt ${result}`] : []),
    ...(state === "failed" && ended.at(-1) !== attempt ? [`${id} has failed by attempt ${ended.at(-1)}`] : []),
  ];
}
