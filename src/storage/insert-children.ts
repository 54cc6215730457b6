import type { JobDraft } from "../protocol/gate.ts";
import type { GroupDraft } from "../protocol/groups.ts";
import { insertGroups } from "./insert-groups.ts";
import { insertChildJobs } from "./insert-jobs.ts";

/** What an attempt has enqueued: it is stored if the attempt ends its job as `succeeded`. */
export interface ChildJobs {
  readonly drafts: readonly JobDraft[];
  readonly groups: readonly GroupDraft[];
}

/** The attempt that has enqueued jobs, and when it ends. */
export interface EnqueuingAttempt {
  readonly tenantId: string;
  readonly id: string;
  readonly attempt: number;
  /** Milliseconds since the epoch. */
  readonly endedAt: number;
  readonly children?: ChildJobs;
}

/**
 * The statements that insert what an attempt has enqueued. They stand in the batch that ends the attempt, after that,
 * and insert nothing unless it has ended the job as `succeeded`. Safe to repeat, since the ids are given. Their results
 * are each a `FollowUp`.
 */
export function insertChildren(db: D1Database, attempt: EnqueuingAttempt): D1PreparedStatement[] {
  const { tenantId, id, endedAt, children } = attempt;
  if (children === undefined) return [];
  // They are due, even those that could start at once: the gate finds them so if nobody tells it.
  const placed = children.drafts.map((draft) => ({
    draft: { ...draft, dueAt: draft.dueAt ?? endedAt, parentId: id },
    call: 0,
    released: false,
  }));
  const groups = children.groups.map((group) => ({
    group,
    jobIds: children.drafts.flatMap((draft) => (draft.groupId === group.id ? [draft.id] : [])),
  }));
  return [...insertChildJobs(db, tenantId, placed, attempt), ...insertGroups(db, tenantId, groups, endedAt)];
}
