import type { Admission, Change, ChangeReply, EnqueueOptions, JobDraft } from "../protocol/gate.ts";
import type { Buffered } from "./commit-buffer.ts";

/** An admitted enqueue that waits to be committed. */
export interface EnqueueCall extends Buffered {
  readonly drafts: readonly JobDraft[];
  /** Whether its jobs took tokens of the tenant's rate. */
  readonly metered: boolean;
  readonly answer: (admission: Admission) => void;
}

/** A change to one job that waits to be committed. */
export interface ChangeCall {
  readonly change: Change;
  readonly jobId: string;
  readonly answer: (reply: ChangeReply) => void;
}

export function enqueueCall(
  drafts: readonly JobDraft[],
  { metered }: EnqueueOptions,
  answer: EnqueueCall["answer"],
): EnqueueCall {
  return {
    drafts,
    metered,
    answer,
    rows: drafts.length,
    bytes: drafts.reduce((sum, draft) => sum + draft.payloadBytes, 0),
    unique: drafts.flatMap(({ id, idempotencyKey, requestDigest }) => {
      if (requestDigest === null) return [];
      return idempotencyKey === null ? [id] : [id, `key:${idempotencyKey}`];
    }),
  };
}
