import type { Following } from "../domain/following.ts";

/** A job that a statement of the same batch ends, if it does, at this time. What it leaves out is not known. */
export interface EndingJob extends Partial<Following> {
  readonly tenantId: string;
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The ids of the blobs that its result names. */
  readonly blobs?: readonly string[];
}

/** Something that follows on the end of a job. */
export interface FollowUp {
  readonly tenantId: string;
  /** Null when it is no job, but a group that was stopped. */
  readonly parentId: string | null;
  /** When the job that was inserted is due; null when it is none, or nothing has to be done about it. */
  readonly dueAt: number | null;
}

/** The jobs that end as one bound value: what is inserted for each of them begins with `json_each(?1) e`. */
export function endingJson(ending: readonly EndingJob[]): string {
  return JSON.stringify(ending.map(({ tenantId, id, at, blobs = [] }) => [tenantId, id, at, blobs]));
}

/** Those of them that have ended so, as `e` and `j`. */
export const HAVE_ENDED = `json_each(?1) e CROSS JOIN jobs j
  ON j.tenant_id = e.value->>0 AND j.id = e.value->>1 AND j.finished_at = e.value->>2`;

/** The id of a job with this key that follows on an end at this time, see `followUpId`. */
export function followUpIdSql(key: string, endedAt: string): string {
  return `printf('%08x-%04x-', ${endedAt} >> 16, ${endedAt} & 65535) || (${key})`;
}

/** The columns of a `Following`. */
export function followingColumns(table: string): string {
  return `${table}.callback->>'on' AS callbackOn, ${table}.next->>'on' AS nextOn, ${table}.group_id AS groupId`;
}
