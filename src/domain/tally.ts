import { DurationSketch, type PackedSketch } from "./duration-sketch.ts";

/** What is counted. New ones go to the end: tallies are kept as lists in this order. */
export const COUNTS = [
  /** Jobs that were stored. */
  "admitted",
  /** Jobs that were turned away with a 503, by the limit that they met. */
  "refusedByRate",
  "refusedByBacklog",
  "refusedByBuffer",
  "refusedByStorage",
  /** Jobs that ended. */
  "succeeded",
  "failed",
  "cancelled",
  /** Attempts after which the job is tried again. */
  "retried",
  /** Jobs that were claimed and given back without being started. */
  "handedBack",
  /** Milliseconds, of all attempts together. */
  "waitMs",
  "runMs",
] as const;
export type Count = (typeof COUNTS)[number];

/** How long an attempt has waited and run, in milliseconds. */
export interface AttemptTimes {
  readonly waitMs: number;
  readonly runMs: number;
}

/** Attempts that failed in the same way. */
export interface FailureGroup {
  readonly type: string;
  /** The error's name. */
  readonly error: string;
  /** Those after which the job was tried again, and those that were its end. */
  retried: number;
  failed: number;
}

/** A tally as it is kept. */
export interface PackedTally {
  readonly c: readonly number[];
  readonly w: PackedSketch;
  readonly r: PackedSketch;
  readonly f: readonly (readonly [type: string, error: string, retried: number, failed: number])[];
}

/** Kinds of failures that are told apart; those that come after them are one. */
const MOST_FAILURES = 20;
/** Stands for all that are not told apart. */
export const OTHER = "(other)";

/** What has happened in a span of time, of one queue or of all. Two tallies are added up by {@link merge}. */
export class Tally {
  readonly #counts = new Map<Count, number>();
  readonly wait = new DurationSketch();
  readonly run = new DurationSketch();
  readonly #failures = new Map<string, FailureGroup>();

  get(count: Count): number {
    return this.#counts.get(count) ?? 0;
  }

  add(count: Count, by = 1): void {
    this.#counts.set(count, this.get(count) + by);
  }

  addTimes({ waitMs, runMs }: AttemptTimes): void {
    this.add("waitMs", waitMs);
    this.add("runMs", runMs);
    this.wait.add(waitMs);
    this.run.add(runMs);
  }

  addFailure(type: string, error: string, retried: number, failed: number): void {
    const group = this.#failureGroup(type, error);
    group.retried += retried;
    group.failed += failed;
  }

  /** The most frequent first. */
  get failures(): readonly FailureGroup[] {
    return [...this.#failures.values()].toSorted((a, b) => b.retried + b.failed - a.retried - a.failed);
  }

  merge({ c, w, r, f }: PackedTally): void {
    for (const [index, count] of COUNTS.entries()) if (c[index]) this.add(count, c[index]);
    this.wait.merge(w);
    this.run.merge(r);
    for (const failure of f) this.addFailure(...failure);
  }

  pack(): PackedTally {
    return {
      c: COUNTS.map((count) => this.get(count)),
      w: this.wait.pack(),
      r: this.run.pack(),
      f: this.failures.map(({ type, error, retried, failed }) => [type, error, retried, failed]),
    };
  }

  #failureGroup(type: string, error: string): FailureGroup {
    const known = this.#failures.get(`${type} ${error}`);
    if (known !== undefined) return known;
    const isOther = this.#failures.size >= MOST_FAILURES && type !== OTHER;
    if (isOther) return this.#failureGroup(OTHER, OTHER);
    const group = { type, error, retried: 0, failed: 0 };
    this.#failures.set(`${type} ${error}`, group);
    return group;
  }
}
