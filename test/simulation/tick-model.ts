import type { ScheduleChange } from "./journal.ts";

/** A tick that nobody could run within this time is missed. */
const MISSED_AFTER_MS = 60_000;

/** The crons of these histories, and how often each of them ticks. */
export const CRONS: ReadonlyMap<string, number> = new Map([
  ["*/30 * * * * *", 30_000],
  ["* * * * *", 60_000],
]);

/** The ticks of all schedules: each is passed once, and has one job, unless there is a reason why it has none. */
export class TickModel {
  readonly #jobs = new Map<string, string>();
  readonly #found: string[] = [];
  /** From then on no tick may be missed. */
  wellFrom = Number.POSITIVE_INFINITY;

  /** What was found so far that must not be. */
  get violations(): readonly string[] {
    return this.#found;
  }

  /** The jobs of the tenant's ticks. */
  jobsOf(tenantId: string): readonly string[] {
    return [...this.#jobs].flatMap(([tick, jobId]) => (tick.startsWith(`${tenantId}/`) ? [jobId] : []));
  }

  observe(changes: readonly ScheduleChange[]): void {
    for (const change of changes) {
      const { actor, tenantId, oldNextAt, nextAt } = change;
      const [kind, of] = actor.split(" ");
      if (of !== tenantId) this.#found.push(`${actor} has changed a schedule of ${tenantId}`);
      if (kind === "gate" && oldNextAt !== nextAt && oldNextAt !== null) this.#observeTick(change, oldNextAt);
    }
  }

  #observeTick(change: ScheduleChange, tick: number): void {
    const { at, tenantId, name, overlap, missed, oldLastTick, lastTick, lastJobId, nextAt, wasUnfinished } = change;
    const everyMs = CRONS.get(change.cron) ?? Number.NaN;
    const mayBeMissed = at - tick > MISSED_AFTER_MS;
    const told = `tick ${tick} of ${tenantId}/${name}`;
    if (lastTick !== oldLastTick && lastTick !== null) {
      const inTurn = lastTick === tick || (mayBeMissed && missed === "runOnce" && lastTick > tick);
      if (!inTurn || lastTick > at || lastTick % everyMs !== 0) this.#found.push(`${told} has the job of ${lastTick}`);
      if (this.#jobs.has(`${tenantId}/${lastJobId}`)) this.#found.push(`${told} has a job of another tick`);
      if (overlap === "skip" && wasUnfinished === 1) this.#found.push(`${told} has a job beside the one before`);
      this.#jobs.set(`${tenantId}/${lastJobId}`, lastJobId ?? "");
    } else {
      const isSkipped = overlap === "skip" && wasUnfinished === 1;
      // A change that comes late may set a tick once more that has its job: it gets no other one.
      if (!isSkipped && !mayBeMissed && lastTick !== tick) this.#found.push(`${told} has no job`);
    }
    if (mayBeMissed && tick > this.wellFrom) this.#found.push(`${told} came too late, though all went well`);
    const following = Math.floor(tick / everyMs) * everyMs + everyMs;
    const latest = mayBeMissed ? Math.ceil((at - MISSED_AFTER_MS) / everyMs) * everyMs : following;
    if (nextAt === null || nextAt < following || nextAt > Math.max(following, latest)) {
      this.#found.push(`${told} is followed by ${nextAt}`);
    }
  }
}
