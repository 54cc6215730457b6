import type { Admission, AdmittedJob, JobDraft } from "../protocol/gate.ts";
import { findReused, type KnownJob } from "../storage/find-reused.ts";
import { isFenced } from "../storage/gate-fence.ts";
import { isRefusal } from "../storage/guarded-d1.ts";
import type { Placed } from "../storage/insert-jobs.ts";
import { rateStatus } from "./admission.ts";
import type { ChangeCall, EnqueueCall } from "./calls.ts";
import { heldSince } from "./lanes.ts";
import type { OpenGate } from "./open-gate.ts";
import type { Sendable } from "./pack-messages.ts";
import { OutcomeUnknown, type Written, writeJobs } from "./write-jobs.ts";

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
    const written = await writeJobs(gate, { placed, cancels, runs, recall, release: plan.release, ...times });
    gate.recall = [];
    if (!written.certain) await freeze(gate, times.deadline);
    applyInserts(gate, placed, written);
    applyRecalls(gate, written);
    applyReleases(gate, written, plan.release);
    applyChanges(gate, changes, written);
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
  gate.bucket.refund(only.rows);
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

function applyInserts(gate: OpenGate, placed: readonly Placed[], { inserted }: Written): void {
  const started: Sendable[] = [];
  for (const { draft, released } of placed) {
    if (!inserted.has(draft.id)) continue;
    if (released) started.push(sendable(draft));
    else {
      if (draft.dueAt === null) gate.lanes.waits(draft.queue);
      gate.lanes.backlog++;
    }
  }
  gate.sender.send(started);
}

function applyRecalls({ lanes }: OpenGate, { recalled }: Written): void {
  for (const { id, queue } of recalled) {
    lanes.takeBack(id);
    lanes.waits(queue);
    lanes.backlog++;
  }
}

function applyReleases(gate: OpenGate, { released }: Written, asked: ReadonlyMap<string, number>): void {
  for (const [queue, jobs] of released) {
    for (const job of jobs) gate.lanes.hold(job.id, job);
    gate.lanes.backlog -= jobs.length;
    const missing = (asked.get(queue) ?? 0) - jobs.length;
    if (missing > 0) {
      gate.lanes.refund(queue, missing);
      gate.lanes.drained(queue);
    }
    gate.sender.send(jobs);
  }
}

function applyChanges(gate: OpenGate, changes: readonly ChangeCall[], { cancelled, run }: Written): void {
  for (const { state, id } of cancelled.values()) {
    if (state === "running") continue;
    if (!gate.lanes.drop(id)) gate.lanes.backlog--;
    gate.waiters.wake(id);
  }
  for (const { change, jobId, answer } of changes) {
    const changed = change === "cancel" ? cancelled.get(jobId) : run.get(jobId);
    if (changed === undefined) answer("not_changed");
    else answer(changed.state === "running" ? "running" : "done");
  }
}

// An id or a key stands for one request. A unique job takes the place of any other that is the same in what counts.
function isAnother(draft: JobDraft, known: KnownJob): boolean {
  if (known.digest === draft.requestDigest) return false;
  const named = known.id === draft.id || (known.key !== null && known.key === draft.idempotencyKey);
  return named || draft.uniqueKey === null || known.uniqueKey !== draft.uniqueKey;
}

function earliest(times: readonly number[]): number | null {
  return times.length === 0 ? null : times.reduce((first, time) => Math.min(first, time));
}

async function answerCalls(
  gate: OpenGate,
  calls: readonly EnqueueCall[],
  placed: readonly Placed[],
  written: Written,
  now: number,
): Promise<void> {
  const missing = placed.filter(({ draft }) => !written.inserted.has(draft.id));
  const known = await findKnown(
    gate,
    missing.map(({ draft }) => draft),
  );
  for (const { draft, released } of missing) settlePlace(gate, draft, released, known.get(draft));
  gate.bucket.refund(missing.length);
  for (const call of calls) call.answer(admission(gate, call, written, known, now));
}

/** The job that each draft's id, or else its key, belongs to. */
async function findKnown(gate: OpenGate, drafts: readonly JobDraft[]): Promise<Map<JobDraft, KnownJob>> {
  if (drafts.length === 0) return new Map();
  const jobs = await findReused(gate.db, gate.tenantId, drafts);
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const byKey = new Map(jobs.map((job) => [job.key, job]));
  const byUniqueKey = new Map(jobs.map((job) => [job.uniqueKey, job]));
  return new Map(
    drafts.flatMap((draft) => {
      const { id, idempotencyKey: key, uniqueKey } = draft;
      const job =
        byId.get(id) ??
        (key === null ? undefined : byKey.get(key)) ??
        (uniqueKey === null ? undefined : byUniqueKey.get(uniqueKey));
      return job === undefined ? [] : [[draft, job] as const];
    }),
  );
}

function sendable(draft: JobDraft): Sendable {
  return { ...draft, crashes: 0, solo: draft.solo ? 1 : 0 };
}

// A job that was not inserted keeps its slot only if it is this very job, committed by a try whose reply was lost.
function settlePlace(
  { lanes, sender }: OpenGate,
  draft: JobDraft,
  released: boolean,
  known: KnownJob | undefined,
): void {
  const isInFlight = known?.id === draft.id && known.released === 1;
  if (released && !isInFlight) lanes.takeBack(draft.id);
  if (!isInFlight || (!released && lanes.holds(draft.id))) return;
  lanes.hold(draft.id, { queue: known.queue, attempt: heldSince(known) });
  if (known.state === "queued") sender.send([sendable(draft)]);
}

function admission(
  gate: OpenGate,
  { drafts }: EnqueueCall,
  { inserted, bookmark }: Written,
  knownJobs: ReadonlyMap<JobDraft, KnownJob>,
  now: number,
): Admission {
  const admitted: AdmittedJob[] = [];
  let absent = false;
  let gone: number | null = null;
  for (const [index, draft] of drafts.entries()) {
    const { id, payloadBlob } = draft;
    if (inserted.has(id)) {
      const state = draft.dueAt === null ? "queued" : "scheduled";
      admitted.push({ id, replayed: false, state, createdAt: now, payloadBlob });
      continue;
    }
    const known = knownJobs.get(draft);
    if (known === undefined && draft.replayOf !== null) gone ??= index;
    else if (known === undefined) absent = true;
    else if (isAnother(draft, known)) return { kind: "reused", index, by: known.id === id ? "id" : "key" };
    else {
      const replayed = known.id !== id || known.createdAt !== now;
      const { state, createdAt } = known;
      admitted.push({ id: known.id, replayed, state, createdAt, payloadBlob: known.payloadBlob });
    }
  }
  if (gone !== null) return { kind: "original_gone", index: gone };
  // It was inserted, and its row is gone again already, or D1 answered nonsense.
  if (absent) return { kind: "storage_unavailable", retryAfterMs: 1_000, untried: false };
  return { kind: "admitted", jobs: admitted, rate: rateStatus(gate, now), bookmark };
}
