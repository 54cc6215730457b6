import { readCallback } from "../protocol/callback.ts";
import { readChain } from "../protocol/chain.ts";
import type { JobDraft, OriginalJob } from "../protocol/gate.ts";
import type { JobView } from "../protocol/job-view.ts";
import { chainView } from "./chain-view.ts";

/**
 * A job that has just been stored, which is known without reading it; or the one that stands for it.
 * @param storedAt milliseconds since the epoch
 */
export function storedJobView(draft: JobDraft, storedAt: number, original: OriginalJob | null): JobView {
  return view(draft, original ?? asStored(draft, storedAt));
}

function view(draft: JobDraft, { id, state, createdAt }: Omit<OriginalJob, "payloadBlob">): JobView {
  const { type, queue, priority, maxAttempts, dueAt, expiresAt, replayOf, parentId = null, groupId = null } = draft;
  const { next, onFailure, nextJobId } = chainView(readChain(draft.next ?? null), null);
  return {
    id,
    type,
    queue,
    priority,
    state,
    attempt: 0,
    maxAttempts,
    createdAt: new Date(createdAt).toISOString(),
    startedAt: null,
    finishedAt: null,
    dueAt: isoTime(dueAt),
    expiresAt: isoTime(expiresAt),
    cancelReason: null,
    replayOf,
    callback: callbackView(draft),
    parentId,
    groupId,
    next,
    onFailure,
    nextJobId,
    errors: [],
  };
}

function asStored({ id, dueAt }: JobDraft, storedAt: number): Omit<OriginalJob, "payloadBlob"> {
  return { id, state: dueAt === null ? "queued" : "scheduled", createdAt: storedAt };
}

function callbackView({ callback }: JobDraft): JobView["callback"] {
  const stored = readCallback(callback);
  return stored === null ? null : { url: stored.url, on: stored.on, jobId: null };
}

function isoTime(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
