import { type Move, moveOn } from "../domain/overdue.ts";
import { log } from "../log.ts";
import { isFenced } from "../storage/gate-fence.ts";
import { countBacklog, earliestDue, readSlots, readWaitingQueues } from "../storage/gate-state.ts";
import { isRefusal } from "../storage/guarded-d1.ts";
import { findOverdue, moveOverdue } from "../storage/overdue-jobs.ts";
import { fireSchedules } from "./fire-schedules.ts";
import { heldSince } from "./lanes.ts";
import type { OpenGate } from "./open-gate.ts";

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
 */
export async function reconcile(gate: OpenGate): Promise<boolean> {
  const now = Date.now();
  if (gate.frozenUntil !== null && now < gate.frozenUntil) {
    await gate.wakeBy(gate.frozenUntil);
    return false;
  }
  await mergeSlots(gate);
  if (now >= gate.recountAt) await recount(gate, now);
  gate.frozenUntil = null;
  let moved = await movePass(gate, now);
  let due = await earliestDue(gate.db, gate.tenantId);
  // Most passes find nothing more to do: they need not look for ticks.
  if (due !== null && due <= now) {
    moved += await fireSchedules(gate, now);
    due = await earliestDue(gate.db, gate.tenantId);
  }
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
  // A job that a lost reply released has a slot in D1 and no message yet.
  const unsent = gate.frozenUntil === null ? [] : rows.filter((row) => row.state === "queued" && !lanes.holds(row.id));
  lanes.merge(new Map(rows.map((row) => [row.id, heldSince(row)])));
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

async function movePass(gate: OpenGate, now: number): Promise<number> {
  const { config, lanes } = gate;
  const overdue = await findOverdue(gate.db, gate.tenantId, now, MOVES_PER_PASS);
  let room = lanes.room;
  const moves = overdue.map((job): Move => {
    const hasRoom = room > 0 && !lanes.waitsIn(job.queue);
    const to = moveOn(job, hasRoom, { now, pickupWindowMs: config.pickupWindowMs, crashLimit: config.crashLimit });
    if (job.released === 0 && to.released) room--;
    return { job, to };
  });
  const moved = await moveEach(gate, moves, now);
  for (const move of moves) if (moved.has(move.job.id)) apply(gate, move);
  gate.sender.send(
    moves
      .filter(({ job, to }) => moved.has(job.id) && to.released && to.state === "queued")
      .map(({ job, to }) => ({
        ...job,
        crashes: to.crashes,
      })),
  );
  return moved.size;
}

// One bad row must not block the alarm: what D1 refuses is tried in halves, until the bad row is alone.
async function moveEach(gate: OpenGate, moves: readonly Move[], now: number): Promise<Set<string>> {
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
      return new Set();
    }
    const half = Math.ceil(moves.length / 2);
    const first = await moveEach(gate, moves.slice(0, half), now);
    return first.union(await moveEach(gate, moves.slice(half), now));
  }
}

function apply({ lanes, waiters, finishRate }: OpenGate, { job, to }: Move): void {
  if (to.waits) lanes.waits(job.queue);
  else if (to.state === "failed" || to.state === "cancelled") {
    if (!lanes.drop(job.id)) lanes.backlog--;
    finishRate.record(1, Date.now());
    waiters.wake(job.id);
  } else if (to.state === "queued") {
    lanes.hold(job.id, job.attempt);
    if (job.released === 0) lanes.backlog--;
  }
}
