import { planTick, type TickPlan } from "../domain/schedule.ts";
import { log } from "../log.ts";
import { storedCallback } from "../protocol/callback.ts";
import { repeatedChain } from "../protocol/chain.ts";
import type { JobDraft } from "../protocol/gate.ts";
import { tickJobId } from "../protocol/tick-job-id.ts";
import { type DueSchedule, type Fired, type Firing, findDueSchedules, fireTicks } from "../storage/due-schedules.ts";
import { isFenced } from "../storage/gate-fence.ts";
import { isRefusal } from "../storage/guarded-d1.ts";
import { enqueued } from "./live-events.ts";
import type { OpenGate } from "./open-gate.ts";
import { toSendable } from "./pack-messages.ts";

/** Schedules that one pass fires, a tick of each: their payloads, and those of what follows, come to 6.4 MB at most. */
const FIRES_PER_PASS = 100;

/**
 * Enqueues a job for each schedule that has ticked, and moves the schedule on to its next tick. Ticks are not subject to
 * the rate limit, which is for callers that can come again. They are to the backlog: a tick for whose job there is
 * neither room nor a place to wait is left as it is, and looked at again until there is, or until it is missed.
 * @returns how many schedules went on
 */
export async function fireSchedules(gate: OpenGate, now: number): Promise<number> {
  const due = await findDueSchedules(gate.db, gate.tenantId, now, FIRES_PER_PASS);
  const planned = await Promise.all(due.map((schedule) => planFiring(gate.tenantId, schedule, now)));
  const firings = place(gate, planned, now);
  if (firings.length < due.length) {
    log.warn("ticks wait: the backlog is full", { tenantId: gate.tenantId, schedules: due.length - firings.length });
  }
  if (firings.length === 0) return 0;
  const runs = firings.flatMap(({ run }) => run ?? []);
  let inserted: ReadonlySet<string> = new Set();
  try {
    const fired = await write(gate, firings, now);
    inserted = fired.inserted;
    return fired.advanced.size;
  } finally {
    for (const run of runs) apply(gate, run, inserted);
  }
}

async function planFiring(tenantId: string, schedule: DueSchedule, now: number): Promise<Firing> {
  const { tick, nextAt, missed } = plan(tenantId, schedule, now);
  if (missed !== null && tick === null) {
    log.warn("ticks were missed", { tenantId, schedule: schedule.name, ...missed });
  }
  if (tick === null) return { schedule, nextAt, run: null };
  const { expireInMs, callback, flow: _flow, next = null, ...job } = schedule.draft;
  const id = await tickJobId(tenantId, schedule.name, tick);
  const draft: JobDraft = {
    ...job,
    id,
    callback: callback == null ? null : await storedCallback(callback, id),
    // Of the tick's own: each tick is followed by other jobs, a second try of it by the same.
    next: await repeatedChain(next, id),
    dueAt: null,
    expiresAt: expireInMs === null ? null : now + expireInMs,
  };
  return { schedule, nextAt, run: { tick, placed: { draft, call: 0, released: false } } };
}

// One bad row must not block the alarm: a schedule whose cron is no longer understood stops, instead of being due for ever.
function plan(tenantId: string, schedule: DueSchedule, now: number): TickPlan {
  try {
    return planTick(schedule, now);
  } catch (error) {
    log.error("a schedule has stopped", { tenantId, schedule: schedule.name, error });
    return { tick: null, nextAt: null, missed: null };
  }
}

/** Gives a slot to those for which there is room, as to any new job; leaves out those that could not even wait. */
function place({ lanes, limits }: OpenGate, firings: readonly Firing[], now: number): Firing[] {
  let places = limits.backlog - lanes.backlog;
  return firings.flatMap((firing): Firing[] => {
    if (firing.run === null) return [firing];
    const { id, queue } = firing.run.placed.draft;
    const released = !lanes.holds(id) && lanes.hasRoom(queue, now);
    if (released) lanes.start(id, { queue, attempt: 0 }, now);
    else if (places-- <= 0) return [];
    return [{ ...firing, run: { ...firing.run, placed: { ...firing.run.placed, released } } }];
  });
}

async function write(gate: OpenGate, firings: readonly Firing[], now: number): Promise<Fired> {
  const deadline = Date.now() + gate.config.writeDeadlineMs;
  try {
    return await fireTicks(gate.db, gate.fence, firings, { now, claimBy: now + gate.config.pickupWindowMs, deadline });
  } catch (error) {
    if (isFenced(error)) throw error;
    if (isRefusal(error)) return writeEach(gate, firings, now, error);
    gate.frozenUntil = deadline;
    throw error;
  }
}

// What D1 refuses is tried one by one: the bad one goes on without its job.
async function writeEach(gate: OpenGate, firings: readonly Firing[], now: number, refusal: unknown): Promise<Fired> {
  const [only] = firings;
  if (firings.length === 1 && only) {
    log.error("a schedule's job was refused", {
      tenantId: gate.tenantId,
      schedule: only.schedule.name,
      error: refusal,
    });
    if (only.run === null) return { advanced: new Set(), inserted: new Set() };
    return write(gate, [{ ...only, run: null }], now);
  }
  const fired = { advanced: new Set<string>(), inserted: new Set<string>() };
  for (const firing of firings) {
    const { advanced, inserted } = await write(gate, [firing], now);
    for (const name of advanced) fired.advanced.add(name);
    for (const id of inserted) fired.inserted.add(id);
  }
  return fired;
}

function apply(
  { lanes, live, sender, stats }: OpenGate,
  { placed: { draft, released } }: NonNullable<Firing["run"]>,
  inserted: ReadonlySet<string>,
): void {
  if (inserted.has(draft.id)) stats.admitted(draft.queue);
  if (!inserted.has(draft.id)) {
    if (released) lanes.takeBack(draft.id);
    return;
  }
  live.publish(enqueued(draft));
  if (released) sender.send([toSendable(draft)]);
  else {
    lanes.waits(draft.queue);
    lanes.backlog++;
  }
}
