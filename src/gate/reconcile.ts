import { type Move, moveOn, type OverdueJob, waitForRoom } from "../domain/overdue.ts";
import { log } from "../log.ts";
import { isFenced } from "../storage/gate-fence.ts";
import { countBacklog, earliestDue, readSlots, readWaitingQueues } from "../storage/gate-state.ts";
import { isRefusal } from "../storage/guarded-d1.ts";
import { findOverdue, type Moved, moveOverdue } from "../storage/overdue-jobs.ts";
import { fireSchedules } from "./fire-schedules.ts";
import { heldSince, type Lanes } from "./lanes.ts";
import type { LiveEvents } from "./live-events.ts";
import type { OpenGate } from "./open-gate.ts";
import { readSettings } from "./read-settings.ts";

/** Overdue jobs that one pass moves, with a slot and without one each. */
const MOVES_PER_PASS = 500;
const RECOUNT_EVERY_MS = 60_000;
/** Queues with waiting jobs that are remembered; those past it are found again by a later count. */
const MOST_QUEUES = 10_000;
/** When a pass could move nothing of what is overdue, the next one comes after this time. */
const STUCK_MS = 5_000;

/**
 * Compares the gate with D1, which is the truth, moves on every job whose time has come, and enqueues what schedules
 * have ticked for; then sets the alarm to the earliest time for which a job or a schedule waits. Runs at start, on every
 * alarm and poke, and after an unknown outcome.
 * @returns whether there is more to move at once
 * @throws GateReplaced when it is no longer its tenant's gate
 */
export async function reconcile(gate: OpenGate): Promise<boolean> {
  const now = Date.now();
  if (gate.frozenUntil !== null && now < gate.frozenUntil) {
    await gate.wakeBy(gate.frozenUntil);
    return false;
  }
  if (gate.settingsDue || now >= gate.recountAt) await readSettings(gate);
  const isCountDue = now >= gate.recountAt;
  await mergeSlots(gate);
  if (isCountDue) await recount(gate, now);
  gate.frozenUntil = null;
  const pass = await movePass(gate, now);
  let { moved } = pass;
  const ticks = !gate.suspended;
  let due = await earliestDue(gate.db, gate.tenantId, { ticks });
  // Most passes find nothing more to do: they need not look for ticks.
  if (ticks && due !== null && due <= now) {
    moved += await fireSchedules(gate, now);
    due = await earliestDue(gate.db, gate.tenantId, { ticks });
  }
  if (pass.again) return true;
  if (due === null) return false;
  // What has come due since this pass began is for the next one; what it could not move has to wait.
  const stuck = due <= now && moved === 0;
  if (due <= Date.now() && !stuck) return true;
  await gate.wakeBy(stuck ? Date.now() + STUCK_MS : due);
  return false;
}

async function mergeSlots(gate: OpenGate): Promise<void> {
  const { lanes } = gate;
  lanes.beginMerge();
  const rows = await readSlots(gate.db, gate.tenantId);
  const unclaimed = rows.filter(({ state }) => state === "queued");
  gate.recall = [...new Set(unclaimed.map(({ queue }) => queue).filter((queue) => lanes.isPaused(queue)))];
  // A job that a lost reply released has a slot in D1 and no message yet.
  const unsent =
    gate.frozenUntil === null ? [] : unclaimed.filter(({ id, queue }) => !lanes.holds(id) && !lanes.isPaused(queue));
  lanes.merge(new Map(rows.map((row) => [row.id, { queue: row.queue, attempt: heldSince(row) }])));
  gate.sender.send(unsent);
}

async function recount(gate: OpenGate, now: number): Promise<void> {
  const [queues, backlog] = await Promise.all([
    readWaitingQueues(gate.db, gate.tenantId, MOST_QUEUES),
    countBacklog(gate.db, gate.tenantId, gate.limits.backlog),
  ]);
  gate.lanes.recount(queues, backlog);
  gate.recountAt = now + RECOUNT_EVERY_MS;
}

/** How many jobs a pass has moved, and whether there may be more of those that wait for no time. */
interface Pass {
  readonly moved: number;
  readonly again: boolean;
}

async function movePass(gate: OpenGate, now: number): Promise<Pass> {
  const overdue = await findOverdue(gate.db, gate.tenantId, now, MOVES_PER_PASS);
  const moves = overdue.map((job) => decide(gate, job, now));
  gate.keepRates(now);
  const { ids: moved, followUps } = await moveEach(gate, moves, now);
  gate.lanes.backlog += followUps.filter(({ dueAt }) => dueAt !== null).length;
  for (const move of moves) {
    if (moved.has(move.job.id)) apply(gate, move);
    else if (starts(move.job, move.to)) undoStart(gate.lanes, move.job);
  }
  gate.sender.send(
    moves
      .filter(({ job, to }) => moved.has(job.id) && to.released && to.state === "queued")
      .map(({ job, to }) => ({
        ...job,
        isolated: to.isolated,
      })),
  );
  // A group that was stopped may have more members than one pass takes, or be one that a job of this pass has stopped.
  const again = followUps.some(({ parentId }) => parentId === null);
  return { moved: moved.size, again: again || moves.some(({ job }) => job.stopped === 1 && moved.has(job.id)) };
}

// Slots and tokens are taken here, with no await between: what a pass starts never exceeds the room there was.
function decide({ config, lanes }: OpenGate, job: OverdueJob, now: number): Move {
  const { pickupWindowMs, crashLimit } = config;
  const next = moveOn(job, lanes.hasRoom(job.queue, now), { now, pickupWindowMs, crashLimit });
  const to = isSent(next) && job.released === 1 && !maySend(lanes, job, now) ? waitForRoom(next) : next;
  if (starts(job, to)) {
    if (job.released === 0) lanes.start(job.id, job, now);
    else lanes.spend(job.queue, 1, now);
  }
  return { job, to };
}

/** Whether a job that holds a slot may be sent once more, as far as its queue goes. */
function maySend(lanes: Lanes, { state, queue }: OverdueJob, now: number): boolean {
  return state === "running" ? lanes.mayRestart(queue, now) : !lanes.isPaused(queue);
}

function isSent({ state, released }: Move["to"]): boolean {
  return state === "queued" && released;
}

/** A job that nobody has claimed yet is sent again: that start was counted when it was released. */
function starts(job: OverdueJob, to: Move["to"]): boolean {
  return isSent(to) && (job.released === 0 || job.state === "running");
}

function undoStart(lanes: Lanes, { id, queue, released }: OverdueJob): void {
  if (released === 0) lanes.takeBack(id);
  else lanes.refund(queue, 1);
}

// One bad row must not block the alarm: what D1 refuses is tried in halves, until the bad row is alone.
async function moveEach(gate: OpenGate, moves: readonly Move[], now: number): Promise<Moved> {
  const deadline = Date.now() + gate.config.writeDeadlineMs;
  try {
    return await moveOverdue(gate.db, gate.fence, moves, now, deadline);
  } catch (error) {
    if (isFenced(error)) throw error;
    if (!isRefusal(error)) {
      gate.frozenUntil = deadline;
      throw error;
    }
    const [only] = moves;
    if (moves.length === 1 && only) {
      log.error("a job cannot be moved on", { tenantId: gate.tenantId, jobId: only.job.id, error });
      return { ids: new Set(), followUps: [] };
    }
    const half = Math.ceil(moves.length / 2);
    const first = await moveEach(gate, moves.slice(0, half), now);
    const second = await moveEach(gate, moves.slice(half), now);
    return { ids: first.ids.union(second.ids), followUps: [...first.followUps, ...second.followUps] };
  }
}

function apply({ lanes, live, waiters, finishRate, stats }: OpenGate, { job, to }: Move): void {
  tell(live, { job, to });
  if (to.waits) {
    if (lanes.drop(job.id)) lanes.backlog++;
    lanes.waits(job.queue);
  } else if (to.state === "failed" || to.state === "cancelled") {
    if (!lanes.drop(job.id)) lanes.backlog--;
    stats.endedByGate(job.queue, to.state, { type: job.type, error: to.error?.name ?? "Crash" });
    finishRate.record(1, Date.now());
    waiters.wake(job.id);
  } else if (to.state === "queued") {
    lanes.hold(job.id, job);
    if (job.released === 0) lanes.backlog--;
  }
}

function tell(live: LiveEvents, { job: { id, type, queue, attempt }, to }: Move): void {
  const { state, error } = to;
  const told = { id, type, queue, attempt, state, error: error?.name ?? null };
  if (state === "failed" || state === "cancelled") live.publish({ ...told, event: `job.${state}` });
  else if (error !== null) live.publish({ ...told, event: "job.retrying" });
}
