import type { JobState } from "../domain/job.ts";
import type { JobDraft } from "../protocol/gate.ts";
import { IS_ISOLATED } from "./is-isolated.ts";

/** The job that an id or a key belongs to already, or that a draft would be the same as. */
export interface KnownJob {
  readonly id: string;
  readonly key: string | null;
  readonly uniqueKey: string | null;
  readonly digest: string | null;
  readonly queue: string;
  readonly state: JobState;
  readonly released: number;
  readonly attempt: number;
  readonly isolated: number;
  readonly createdAt: number;
  readonly payloadBlob: string | null;
}

const COLUMNS = `j.id, j.idempotency_key AS key, j.unique_key AS uniqueKey, j.request_digest AS digest, j.queue,
  j.state, j.released, j.attempt, ${IS_ISOLATED} AS isolated,
  j.created_at AS createdAt, j.payload_blob AS payloadBlob`;

/** Which jobs have the drafts' ids or keys already. Reads a few rows per draft. */
export async function findReused(db: D1Database, tenantId: string, drafts: readonly JobDraft[]): Promise<KnownJob[]> {
  const wanted = JSON.stringify(drafts.map((draft) => [draft.id, draft.idempotencyKey, draft.uniqueKey]));
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM json_each(?2) d CROSS JOIN jobs j WHERE j.tenant_id = ?1 AND j.id = d.value->>0
       UNION ALL
       SELECT ${COLUMNS} FROM json_each(?2) d CROSS JOIN jobs j INDEXED BY jobs_key
       WHERE d.value->>1 IS NOT NULL AND j.tenant_id = ?1 AND j.idempotency_key = d.value->>1
         AND j.idempotency_key IS NOT NULL AND j.id <> d.value->>0
       UNION ALL
       SELECT ${COLUMNS} FROM json_each(?2) d CROSS JOIN jobs j INDEXED BY jobs_unique
       WHERE d.value->>2 IS NOT NULL AND j.tenant_id = ?1 AND j.unique_key = d.value->>2 AND j.unique_key IS NOT NULL`,
    )
    .bind(tenantId, wanted)
    .all<KnownJob>();
  return results;
}
