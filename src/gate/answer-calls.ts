import type { Admission, JobDraft, OriginalJob } from "../protocol/gate.ts";
import { findReused, type KnownJob } from "../storage/find-reused.ts";
import type { Placed } from "../storage/insert-jobs.ts";
import { rateStatus } from "./admission.ts";
import type { EnqueueCall } from "./calls.ts";
import { heldSince } from "./lanes.ts";
import type { OpenGate } from "./open-gate.ts";
import { toSendable } from "./pack-messages.ts";
import type { Written } from "./write-jobs.ts";

/** Answers callers whose jobs were written: with their jobs, or with those that have their ids or keys already. */
export async function answerCalls(
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
  gate.bucket.refund(missing.filter(({ call }) => calls[call]?.metered).length);
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
  if (known.state === "queued") sender.send([{ ...toSendable(draft), isolated: known.isolated }]);
}

function admission(
  gate: OpenGate,
  { drafts }: EnqueueCall,
  { inserted, bookmark }: Written,
  knownJobs: ReadonlyMap<JobDraft, KnownJob>,
  now: number,
): Admission {
  const originals: (OriginalJob | null)[] = [];
  let absent = false;
  let gone: number | null = null;
  for (const [index, draft] of drafts.entries()) {
    const { id } = draft;
    if (inserted.has(id)) {
      originals.push(null);
      continue;
    }
    const known = knownJobs.get(draft);
    if (known === undefined && draft.replayOf !== null) gone ??= index;
    else if (known === undefined) absent = true;
    else if (isAnother(draft, known)) return { kind: "reused", index, by: known.id === id ? "id" : "key" };
    // Stored by this very call, in a try whose reply was lost.
    else if (known.id === id && known.createdAt === now) originals.push(null);
    else {
      const { id, state, createdAt, payloadBlob } = known;
      originals.push({ id, state, createdAt, payloadBlob });
    }
  }
  if (gone !== null) return { kind: "original_gone", index: gone };
  // It was inserted, and its row is gone again already, or D1 answered nonsense.
  if (absent) return { kind: "storage_unavailable", retryAfterMs: 1_000, untried: false };
  return { kind: "admitted", storedAt: now, originals, rate: rateStatus(gate, now), bookmark };
}

// An id or a key stands for one request. A unique job takes the place of any other that is the same in what counts.
function isAnother(draft: JobDraft, known: KnownJob): boolean {
  if (known.digest === draft.requestDigest) return false;
  const named = known.id === draft.id || (known.key !== null && known.key === draft.idempotencyKey);
  return named || draft.uniqueKey === null || known.uniqueKey !== draft.uniqueKey;
}
