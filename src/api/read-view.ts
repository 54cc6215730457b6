import { isCalledBack } from "../domain/callback.ts";
import { isTerminal } from "../domain/job.ts";
import { callbackJobId, readCallback } from "../protocol/callback.ts";
import { readChain } from "../protocol/chain.ts";
import type { AttemptFailure, CallbackView, JobView } from "../protocol/job-view.ts";
import { readObject } from "../storage/payload-objects.ts";
import type { ListedJob } from "../storage/read-jobs.ts";
import type { JobRow } from "../storage/schema/jobs.ts";
import { logViews, stepViews } from "./attempt-views.ts";
import { chainView } from "./chain-view.ts";

export type Include = "payload" | "result" | "logs" | "steps" | "stepResults";

/** A job's row as callers see it, with what is to be included read from R2 where it is kept there. */
export async function readView(
  row: ListedJob & Partial<Pick<JobRow, "steps" | "logs">>,
  include: ReadonlySet<Include>,
  blobs: R2Bucket,
): Promise<JobView> {
  const content = async (inline: string | null, blob: string | null): Promise<unknown> =>
    blob === null ? parse(inline) : JSON.parse(await readObject(blobs, blob));
  const { next, onFailure, nextJobId } = chainView(readChain(row.next), ended(row));
  return {
    id: row.id,
    type: row.type,
    queue: row.queue,
    priority: row.priority,
    state: row.state,
    attempt: row.attempt,
    maxAttempts: row.maxAttempts,
    createdAt: new Date(row.createdAt).toISOString(),
    startedAt: time(row.startedAt),
    finishedAt: time(row.finishedAt),
    // Of a released or running job it says when the gate looks again, which is nobody else's business.
    dueAt: row.released === 1 ? null : time(row.dueAt),
    expiresAt: time(row.expiresAt),
    cancelReason: row.state === "cancelled" ? row.cancelReason : null,
    replayOf: row.replayOf,
    callback: callbackView(row),
    parentId: row.parentId,
    groupId: row.groupId,
    next,
    onFailure,
    nextJobId,
    errors: readErrors(row.errors),
    ...(include.has("payload") && { payload: await content(row.payload, row.payloadBlob) }),
    ...(include.has("payload") && hasPrevious(row) && { previous: await content(row.previous, row.previousBlob) }),
    ...(include.has("result") && { result: await content(row.result, row.resultBlob) }),
    ...(include.has("logs") && { logs: logViews(row.logs ?? null) }),
    ...(include.has("steps") && { steps: stepViews(row.steps ?? null, include.has("stepResults")) }),
  };
}

function hasPrevious({ previous, previousBlob }: ListedJob): boolean {
  return previous !== null || previousBlob !== null;
}

function ended({ state, finishedAt }: ListedJob) {
  return isTerminal(state) && finishedAt !== null ? { state, at: finishedAt } : null;
}

function callbackView({ callback, state, finishedAt }: ListedJob): CallbackView | null {
  const stored = readCallback(callback);
  if (stored === null) return null;
  const { url, on } = stored;
  const told = finishedAt !== null && isCalledBack(on, state);
  return { url, on, jobId: told ? callbackJobId(stored, finishedAt) : null };
}

function readErrors(json: string | null): AttemptFailure[] {
  const errors = (parse(json) ?? []) as (Omit<AttemptFailure, "at" | "startedAt"> & {
    at: number;
    startedAt?: number | null;
  })[];
  return errors.map((error) => ({
    ...error,
    startedAt: time(error.startedAt ?? null),
    at: new Date(error.at).toISOString(),
  }));
}

function parse(json: string | null): unknown {
  return json === null ? null : JSON.parse(json);
}

function time(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
