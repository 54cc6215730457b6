import { CALLBACK_QUEUE, CALLBACK_SHARE } from "../domain/callback.ts";
import type { JobState } from "../domain/job.ts";
import { QueueRules } from "../domain/queue-settings.ts";
import { type Slot, Slots } from "./slots.ts";
import { type KeptRates, StartRates } from "./start-rates.ts";
import { WaitingLanes } from "./waiting-lanes.ts";

/**
 * Since which attempt a job holds its slot: that of a running job is held for the attempt that runs, which is counted
 * in `attempt` already.
 */
export function heldSince({ state, attempt }: { readonly state: JobState; readonly attempt: number }): number {
  return state === "running" ? attempt - 1 : attempt;
}

/** How many jobs of each queue get a slot in the next write. */
export interface ReleasePlan {
  /** Waiting jobs to release, by queue. Their tokens are taken: give back those of jobs that are not there. */
  readonly release: ReadonlyMap<string, number>;
  /** New jobs to insert with a slot, by queue: nobody waits before them. */
  readonly start: ReadonlyMap<string, number>;
}

/** One write releases from at most so many queues; the others have their turn in the next. */
const QUEUES_PER_PLAN = 20;

/**
 * What the gate believes of its tenant's unfinished jobs: who holds a slot, which queues have jobs that wait for room,
 * and how many jobs hold no slot. A cache of D1, corrected by {@link merge}. It knows what each queue is limited to,
 * so that nothing is started beyond that. Times are milliseconds since the epoch.
 */
export class Lanes {
  readonly #slots = new Slots();
  readonly #waiting = new WaitingLanes();
  readonly #rates: StartRates;
  #rules = new QueueRules();
  concurrency: number;
  /** Unfinished jobs that hold no slot. */
  backlog = 0;

  constructor(concurrency: number, keptRates?: KeptRates) {
    this.concurrency = concurrency;
    this.#rates = new StartRates(keptRates);
  }

  get held(): number {
    return this.#slots.size;
  }

  get room(): number {
    return Math.max(0, this.concurrency - this.#slots.size);
  }

  /** Takes over what the queues are limited to. What holds a slot keeps it, and what was started counts on. */
  configure(rules: QueueRules, now: number): void {
    this.#rules = rules;
    this.#rates.configure((queue) => rules.limitsOf(queue).rate, now);
    this.#waiting.reopenAll();
  }

  /** Whether a waiting job could be released now. */
  canRelease(now: number): boolean {
    return this.room > 0 && this.#nextWaiting(1, now).length > 0;
  }

  /** When a waiting job can be released though nothing ends until then; null when time alone brings no room. */
  releasableAt(): number | null {
    return this.room > 0 ? this.#waiting.nextOpening : null;
  }

  isPaused(queue: string): boolean {
    return this.#rules.limitsOf(queue).paused;
  }

  /** Whether a job of the queue that holds no slot may start now: there is room, and nobody waits before it. */
  hasRoom(queue: string, now: number): boolean {
    return this.room > 0 && !this.#waiting.has(queue) && this.#allowance(queue, now) > 0;
  }

  /** Whether a job of the queue that holds a slot may start once more. */
  mayRestart(queue: string, now: number): boolean {
    const { paused, rate } = this.#rules.limitsOf(queue);
    return !paused && (rate === null || this.#rates.tokens(queue, rate, now) > 0);
  }

  holds(id: string): boolean {
    return this.#slots.has(id);
  }

  /** The queue of a job that holds a slot, or null. */
  queueOf(id: string): string | null {
    return this.#slots.queueOf(id);
  }

  /** How many jobs of each queue hold a slot. */
  get inFlight(): ReadonlyMap<string, number> {
    return this.#slots.byQueue;
  }

  /** Queues in which jobs wait, and that have spent their rates: at most so many. */
  outOfTokens(most: number, now: number): string[] {
    const spent: string[] = [];
    for (const queue of this.#waiting.all()) {
      const { rate } = this.#rules.limitsOf(queue);
      if (rate !== null && this.#rates.tokens(queue, rate, now) === 0) spent.push(queue);
      if (spent.length === most) break;
    }
    return spent;
  }

  /** Knows of a job that it has a slot for the attempt after `attempt`. */
  hold(id: string, slot: Slot): void {
    this.#slots.hold(id, slot);
  }

  /** Gives a job a slot, and its queue's token with it. */
  start(id: string, slot: Slot, now: number): void {
    this.hold(id, slot);
    this.spend(slot.queue, 1, now);
  }

  /** Takes tokens of a queue for so many starts; there are none to take where it has no rate. */
  spend(queue: string, count: number, now: number): void {
    const { rate } = this.#rules.limitsOf(queue);
    if (rate !== null) this.#rates.spend(queue, rate, count, now);
  }

  /** Takes the slot of a job away that has not started after all, and gives the token back. */
  takeBack(id: string): void {
    const slot = this.#slots.drop(id);
    if (slot !== null) this.refund(slot.queue, 1);
  }

  /** Gives tokens of a queue back: so many jobs have not started after all. */
  refund(queue: string, count: number): void {
    this.#rates.refund(queue, count);
    this.#waiting.reopen(queue);
  }

  /** What the queues have spent of their rates, as it is to outlive the gate; null when nothing was spent since. */
  keptRates(now: number): KeptRates | null {
    return this.#rates.keep(now);
  }

  /** Frees the slot that a job holds for this attempt; false when it holds none. */
  free(id: string, attempt: number): boolean {
    return this.#isFreed(this.#slots.free(id, attempt));
  }

  /** Takes a job's slot away, whatever its attempt; false when it holds none. */
  drop(id: string): boolean {
    return this.#isFreed(this.#slots.drop(id));
  }

  waitsIn(queue: string): boolean {
    return this.#waiting.has(queue);
  }

  /** Somebody waits in this queue. */
  waits(queue: string): void {
    this.#waiting.add(queue);
  }

  /** Nobody waits in this queue any more. */
  drained(queue: string): void {
    this.#waiting.delete(queue);
  }

  /**
   * Shares the room between the queues, in turn and evenly: what one does not need, or may not have, goes to the
   * others.
   * @param fresh new jobs by queue; where somebody waits already, they wait behind
   */
  plan(fresh: ReadonlyMap<string, number>, now: number, room = this.room): ReleasePlan {
    const release = new Map<string, number>();
    const start = new Map<string, number>();
    if (room === 0) return { release, start };
    const waiting = this.#nextWaiting(QUEUES_PER_PLAN, now);
    const arrived = [...fresh].filter(([queue]) => !this.#waiting.has(queue));
    // Who waits comes first: where there are fewer slots than queues, new jobs of others cannot take them all.
    const demands = [
      ...waiting.map((queue) => ({ queue, wants: this.#allowance(queue, now), into: release })),
      ...arrived.map(([queue, jobs]) => ({ queue, wants: Math.min(jobs, this.#allowance(queue, now)), into: start })),
    ]
      .filter(({ wants }) => wants > 0)
      .slice(0, room);
    let left = room;
    // Smallest demand first: each then gets its share of what is left, and leaves the rest of it to those after it.
    demands.sort((a, b) => a.wants - b.wants);
    for (const [index, { queue, wants, into }] of demands.entries()) {
      const share = Math.min(wants, Math.ceil(left / (demands.length - index)));
      if (share > 0) into.set(queue, share);
      left -= share;
    }
    for (const [queue, count] of release) {
      this.#waiting.served(queue);
      this.spend(queue, count, now);
    }
    return { release, start };
  }

  /** From now until {@link merge}, changes made here are newer than what is being read from D1. */
  beginMerge(): void {
    this.#slots.beginMerge();
  }

  /** Takes over who holds a slot in D1, except for jobs that changed since {@link beginMerge}. */
  merge(held: ReadonlyMap<string, Slot>): void {
    this.#slots.merge(held);
    this.#waiting.reopenAll();
  }

  /** Takes over which queues have waiting jobs, and how many jobs hold no slot. */
  recount(waiting: Iterable<string>, backlog: number): void {
    this.#waiting.replace(waiting);
    this.backlog = backlog;
  }

  #nextWaiting(most: number, now: number): string[] {
    return this.#waiting.next(most, now, (queue) => this.#opensAt(queue, now));
  }

  /** How many more jobs of a queue may start, as far as its own limits and the tenant's go. */
  #allowance(queue: string, now: number): number {
    const { paused, rate } = this.#rules.limitsOf(queue);
    if (paused) return 0;
    const concurrency = this.#concurrencyOf(queue);
    const free = concurrency === null ? this.room : concurrency - this.#slots.inFlight(queue);
    const tokens = rate === null ? this.room : this.#rates.tokens(queue, rate, now);
    return Math.max(0, Math.min(this.room, free, tokens));
  }

  /** What a queue is limited to. That of callbacks has a share even without settings: slow receivers take no more. */
  #concurrencyOf(queue: string): number | null {
    const { concurrency } = this.#rules.limitsOf(queue);
    if (concurrency !== null || queue !== CALLBACK_QUEUE) return concurrency;
    return Math.ceil(this.concurrency / CALLBACK_SHARE);
  }

  #opensAt(queue: string, now: number): number {
    const { paused, rate } = this.#rules.limitsOf(queue);
    const concurrency = this.#concurrencyOf(queue);
    const isFull = concurrency !== null && this.#slots.inFlight(queue) >= concurrency;
    if (paused || isFull) return Number.POSITIVE_INFINITY;
    if (rate === null || this.#rates.tokens(queue, rate, now) > 0) return now;
    return this.#rates.refilledAt(queue, rate, now);
  }

  #isFreed(slot: Slot | null): boolean {
    if (slot !== null) this.#waiting.reopen(slot.queue);
    return slot !== null;
  }
}
