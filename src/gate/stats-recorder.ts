import { LifetimeCounter } from "../domain/lifetime.ts";
import { type Count, OTHER } from "../domain/tally.ts";
import { log } from "../log.ts";
import type { Admission, JobDraft, Settlement } from "../protocol/gate.ts";
import { StatsStorage, type StoredTallies } from "./stats-storage.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** What was counted is kept this long after it was kept last: while jobs are in flight, and when none is. */
const BUSY_MS = 15_000;
const AT_REST_MS = 2_000;
/** So many ends are remembered at least, and twice as many at most, so that one that is told twice counts once. */
const MOST_ENDS = 2_500;

const REFUSALS: Partial<Record<Admission["kind"], Count>> = {
  rate_limited: "refusedByRate",
  backlog_full: "refusedByBacklog",
  overloaded: "refusedByBuffer",
  storage_unavailable: "refusedByStorage",
};

const ENDS: Readonly<Record<Settlement["state"], Count>> = {
  succeeded: "succeeded",
  failed: "failed",
  cancelled: "cancelled",
  retrying: "retried",
  scheduled: "handedBack",
};

/** What a gate counts with, once it was used. */
interface Open {
  readonly storage: StatsStorage;
  readonly lifetime: LifetimeCounter;
  current: StoredTallies;
}

/**
 * Counts what happens to a tenant's jobs, in memory, and keeps it in the gate's own storage: one row, at most once in 15
 * seconds while jobs are in flight, and as soon as none is. What a gate that dies has not kept is lost: statistics only.
 * Nothing that goes wrong here is anybody else's matter.
 */
export class StatsRecorder {
  readonly #sql: SqlStorage;
  readonly #isAtRest: () => boolean;
  #ends = new Set<string>();
  #endsBefore = new Set<string>();
  #open: Open | null = null;
  #dirty = false;
  #keptAt = Number.NEGATIVE_INFINITY;
  #timer: { readonly at: number; readonly id: ReturnType<typeof setTimeout> } | null = null;

  /** @param isAtRest whether nothing is in flight, so that the gate may be evicted soon */
  constructor(sql: SqlStorage, isAtRest: () => boolean) {
    this.#sql = sql;
    this.#isAtRest = isAtRest;
  }

  /** A caller was answered. */
  answered(drafts: readonly JobDraft[], admission: Admission): void {
    const refused = REFUSALS[admission.kind];
    if (admission.kind === "admitted") {
      const stored = drafts.filter((_, index) => admission.originals[index] === null);
      if (stored.length > 0) this.#record((open) => countEach(open, stored, "admitted"));
    } else if (refused !== undefined) this.#record((open) => countEach(open, drafts, refused));
  }

  /** A job was stored that no caller has asked for. */
  admitted(queue: string): void {
    this.#record((open) => count(open, queue, "admitted"));
  }

  /** Attempts have ended. @param heldBy the queues of the slots that they held, as far as they held any */
  ended(settlements: readonly Settlement[], heldBy: readonly (string | null)[]): void {
    const fresh = settlements.flatMap((settlement, index) =>
      this.#isNew(settlement) ? [{ settlement, heldBy: heldBy[index] ?? null }] : [],
    );
    if (fresh.length === 0) return;
    this.#record((open) => {
      for (const { settlement, heldBy } of fresh) countEnd(open, settlement, heldBy);
    });
  }

  /** A job has ended without an attempt that says so: it was cancelled or has expired, or its Worker died. */
  endedByGate(queue: string, state: "failed" | "cancelled", failure?: { type: string; error: string }): void {
    this.#record((open) => {
      count(open, queue, state);
      if (state !== "failed" || failure === undefined) return;
      open.current.tallies.count(queue, (tally) => tally.addFailure(failure.type, failure.error, 0, 1));
    });
  }

  /** Reads what was counted, what is not kept yet included. */
  read<T>(read: (storage: StatsStorage, current: StoredTallies, lifetime: LifetimeCounter) => T): T {
    const { storage, current, lifetime } = this.#opened();
    return read(storage, current, lifetime);
  }

  /** Keeps what was counted since the last time. */
  keep(): void {
    if (this.#timer !== null) clearTimeout(this.#timer.id);
    this.#timer = null;
    if (!this.#dirty || this.#open === null) return;
    this.#dirty = false;
    this.#keptAt = Date.now();
    const { storage, current, lifetime } = this.#open;
    try {
      storage.save(current, lifetime.pack());
    } catch (error) {
      // Somebody may have emptied the storage: it is prepared anew.
      this.#open = null;
      log.warn("statistics could not be kept", { error });
    }
  }

  #record(record: (open: Open) => void): void {
    try {
      record(this.#opened());
      this.#dirty = true;
      this.#keepSoon();
    } catch (error) {
      log.warn("statistics could not be counted", { error });
    }
  }

  #opened(): Open {
    const minute = Math.floor(Date.now() / MINUTE) * MINUTE;
    if (this.#open !== null && minute <= this.#open.current.at) return this.#open;
    const before = this.#open;
    if (before !== null) this.keep();
    const storage = before?.storage ?? new StatsStorage(this.#sql);
    const lifetime = before?.lifetime ?? new LifetimeCounter(storage.lifetime());
    if (before === null || Math.floor(minute / HOUR) > Math.floor(before.current.at / HOUR)) storage.rollUp(minute);
    this.#open = { storage, lifetime, current: storage.open(minute) };
    return this.#open;
  }

  // While jobs are in flight their ends are to come, and then there is more to keep.
  #keepSoon(): void {
    const now = Date.now();
    const isAtRest = this.#isAtRest();
    const at = isAtRest ? this.#keptAt + AT_REST_MS : Math.max(this.#keptAt + BUSY_MS, now + AT_REST_MS);
    if (at <= now) return this.keep();
    if (this.#timer !== null && this.#timer.at <= at) return;
    if (this.#timer !== null) clearTimeout(this.#timer.id);
    this.#timer = { at, id: setTimeout(() => this.keep(), at - now) };
  }

  // The consumer tells of each end once, and only of what is committed; the platform may deliver a call twice.
  #isNew({ id, attempt }: Settlement): boolean {
    const end = `${id} ${attempt}`;
    if (this.#ends.has(end) || this.#endsBefore.has(end)) return false;
    if (this.#ends.size >= MOST_ENDS) {
      this.#endsBefore = this.#ends;
      this.#ends = new Set();
    }
    this.#ends.add(end);
    return true;
  }
}

function countEach(open: Open, drafts: readonly JobDraft[], what: Count): void {
  for (const [queue, jobs] of Map.groupBy(drafts, ({ queue }) => queue)) count(open, queue, what, jobs.length);
}

function count({ current, lifetime }: Open, queue: string, what: Count, by = 1): void {
  lifetime.add(what, by);
  current.tallies.count(queue, (tally) => tally.add(what, by));
}

function countEnd(open: Open, { state, measured }: Settlement, heldBy: string | null): void {
  const queue = measured?.queue ?? heldBy ?? OTHER;
  count(open, queue, ENDS[state]);
  if (measured === undefined) return;
  const { type, error } = measured;
  open.lifetime.addTimes(measured);
  open.current.tallies.count(queue, (tally) => {
    tally.addTimes(measured);
    if (error !== null && state === "retrying") tally.addFailure(type, error, 1, 0);
    if (error !== null && state === "failed") tally.addFailure(type, error, 0, 1);
  });
}
