import type { Admission, Change, ChangeReply, EnqueueOptions, JobDraft } from "../protocol/gate.ts";
import type { GroupDraft } from "../protocol/groups.ts";
import type { Buffered } from "./commit-buffer.ts";

/** An admitted enqueue that waits to be committed. */
export interface EnqueueCall extends Buffered {
  readonly drafts: readonly JobDraft[];
  /** Whether its jobs took tokens of the tenant's rate. */
  readonly metered: boolean;
  /** The group of its jobs; null: they are of none. */
  readonly group: GroupDraft | null;
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
  { metered, group }: EnqueueOptions,
  answer: EnqueueCall["answer"],
): EnqueueCall {
  return {
    drafts,
    metered,
    group: group ?? null,
    answer,
    rows: drafts.length,
    bytes: drafts.reduce((sum, { payloadBytes, next }) => sum + payloadBytes + (next?.length ?? 0), 0),
    unique: drafts.flatMap(({ id, idempotencyKey, requestDigest }) => {
      if (requestDigest === null) return [];
      return idempotencyKey === null ? [id] : [id, `key:${idempotencyKey}`];
    }),
  };
}
