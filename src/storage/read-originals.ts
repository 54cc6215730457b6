import type { JobRow } from "./schema/jobs.ts";

/** What a replay takes over from the job that it repeats. */
export type Original = Pick<
  JobRow,
  | "id"
  | "type"
  | "queue"
  | "priority"
  | "maxAttempts"
  | "backoff"
  | "payload"
  | "payloadBlob"
  | "callback"
  | "next"
  | "previous"
  | "previousBlob"
>;

/** Those of the jobs that there are, without their results, in the order of their ids. */
export async function readOriginals(db: D1Database, tenantId: string, ids: readonly string[]): Promise<Original[]> {
  const { results } = await db
    .prepare(
      `SELECT id, type, queue, priority, max_attempts AS maxAttempts, backoff, payload,
         payload_blob AS payloadBlob, callback, next, previous,
         previous_blob AS previousBlob
       FROM jobs WHERE tenant_id = ?1 AND id IN (SELECT value FROM json_each(?2)) ORDER BY id`,
    )
    .bind(tenantId, JSON.stringify(ids))
    .all<Original>();
  return results;
}
