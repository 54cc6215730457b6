import { isFenced } from "../storage/gate-fence.ts";
import { isRefusal } from "../storage/guarded-d1.ts";
import type { Placed } from "../storage/insert-jobs.ts";
import { answerCalls } from "./answer-calls.ts";
import { applyWritten } from "./apply-written.ts";
import type { ChangeCall, EnqueueCall } from "./calls.ts";
import type { OpenGate } from "./open-gate.ts";
import { OutcomeUnknown, writeJobs } from "./write-jobs.ts";

/**
 * One turn of the gate's writing: commits what callers have brought, and releases as far as there is room. Callers are
 * answered after the commit; what was released is sent after that.
 * @throws what leaves the gate's picture of D1 in doubt; the calls have been answered even so
 */
export async function writeCycle(
  gate: OpenGate,
  calls: readonly EnqueueCall[],
  changes: readonly ChangeCall[],
): Promise<void> {
  const { lanes } = gate;
  const now = Date.now();
  const plan = lanes.plan(freshByQueue(calls), now, gate.frozenUntil === null ? lanes.room : 0);
  const placed = place(gate, calls, plan.start, now);
  const { recall } = gate;
  const times = { now, claimBy: now + gate.config.pickupWindowMs, deadline: now + gate.config.writeDeadlineMs };
  const cancels = changes.flatMap(({ change, jobId }) => (change === "cancel" ? [jobId] : []));
  const runs = changes.flatMap(({ change, jobId }) => (change === "run" ? [jobId] : []));
  try {
    // Before the write, both of them: dying between commit and alarm must not lose the alarm, nor what was spent.
    gate.keepRates(now);
    const wakeAt = earliest([
      ...(plan.start.size + plan.release.size > 0 ? [times.claimBy] : []),
      ...(runs.length > 0 ? [now] : []),
      ...placed.flatMap(({ draft }) => [draft.dueAt ?? [], draft.expiresAt ?? []].flat()),
    ]);
    if (wakeAt !== null) await gate.wakeBy(wakeAt);
    const groups = calls.flatMap(({ group, drafts }) =>
      group === null ? [] : [{ group, jobIds: drafts.map(({ id }) => id) }],
    );
    const written = await writeJobs(gate, { placed, groups, cancels, runs, recall, release: plan.release, ...times });
    gate.recall = [];
    if (!written.certain) await freeze(gate, times.deadline);
    applyWritten(gate, written, { placed, release: plan.release, changes });
    if (written.followUps.length > 0) await gate.wakeBy(now);
    await answerCalls(gate, calls, placed, written, now);
  } catch (error) {
    const isRefused = isRefusal(error) && !isFenced(error);
    for (const { draft, released } of placed) {
      if (released && isRefused) lanes.takeBack(draft.id);
      else if (released) lanes.drop(draft.id);
    }
    if (isRefused) {
      for (const [queue, count] of plan.release) lanes.refund(queue, count);
      return splitRefused(gate, calls, changes, error);
    }
    const untried = isFenced(error);
    for (const call of calls) call.answer({ kind: "storage_unavailable", retryAfterMs: 1_000, untried });
    for (const call of changes) call.answer("storage_unavailable");
    if (!untried) gate.frozenUntil = error instanceof OutcomeUnknown ? times.deadline : Date.now();
    throw error;
  }
}

// One bad row must fail one caller: the calls are tried again in halves, until the one that D1 refuses is alone.
async function splitRefused(
  gate: OpenGate,
  calls: readonly EnqueueCall[],
  changes: readonly ChangeCall[],
  refusal: unknown,
): Promise<void> {
  const [only] = calls;
  if (only === undefined) throw refusal;
  if (calls.length > 1) {
    const half = Math.ceil(calls.length / 2);
    await writeCycle(gate, calls.slice(0, half), changes);
    return writeCycle(gate, calls.slice(half), []);
  }
  if (only.metered) gate.bucket.refund(only.rows);
  only.answer({ kind: "refused", message: refusal instanceof Error ? refusal.message : String(refusal) });
  if (changes.length > 0) await writeCycle(gate, [], changes);
}

async function freeze(gate: OpenGate, until: number): Promise<void> {
  gate.frozenUntil = until;
  gate.recountAt = 0;
  await gate.wakeBy(until);
}

function freshByQueue(calls: readonly EnqueueCall[]): Map<string, number> {
  const fresh = new Map<string, number>();
  for (const { drafts } of calls) {
    for (const { queue, dueAt } of drafts) if (dueAt === null) fresh.set(queue, (fresh.get(queue) ?? 0) + 1);
  }
  return fresh;
}

// Slots are taken before the write, with no await between: what is in flight never exceeds the room there was.
function place(
  { lanes }: OpenGate,
  calls: readonly EnqueueCall[],
  start: ReadonlyMap<string, number>,
  now: number,
): Placed[] {
  const left = new Map(start);
  return calls.flatMap(({ drafts }, call) =>
    drafts.map((draft) => {
      const slots = left.get(draft.queue) ?? 0;
      // A caller that repeats itself may name a job that holds a slot already.
      const released = slots > 0 && draft.dueAt === null && !lanes.holds(draft.id);
      if (released) {
        left.set(draft.queue, slots - 1);
        lanes.start(draft.id, { queue: draft.queue, attempt: 0 }, now);
      }
      return { draft, call, released };
    }),
  );
}

function earliest(times: readonly number[]): number | null {
  return times.length === 0 ? null : times.reduce((first, time) => Math.min(first, time));
}
