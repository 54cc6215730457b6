import { utf8Bytes } from "../domain/utf8-bytes.ts";
import type { JobDraft } from "../protocol/gate.ts";
import { type Field, type FoldedRows, foldRows } from "./folded-rows.ts";

/** Where a job waits when it is inserted: for its time, for somebody to claim it (it has a slot), or for room. */
export interface Placed {
  readonly draft: JobDraft;
  /** Which of the flush's calls it belongs to: the jobs of a call are inserted together, or none. */
  readonly call: number;
  readonly released: boolean;
}

/** One statement carries at most this much JSON (D1 takes 2 MB per value) and so many rows. */
const CHUNK_BYTES = 1_500_000;
const CHUNK_ROWS = 1_000;

// One bound parameter carries the rows, whatever their count. `condition` says which of them are inserted; what it looks
// at is in ?5 and ?6, and what all rows share comes after that.
const FIRST_SHARED = 7;

type Condition = (field: FoldedRows["field"]) => string;

const insertWhere = (field: FoldedRows["field"], condition: Condition, returned: string | null) => `
INSERT INTO jobs (tenant_id, id, state, type, queue, priority, released, due_at, ready_at, deliveries, max_attempts,
  timeout_ms, backoff, solo, payload_bytes, idempotency_key, request_digest, created_at, payload, payload_blob,
  expires_at, unique_key, unique_until, replay_of, callback, trace_parent, next, group_id,
  parent_id, previous, previous_blob)
SELECT ?1, ${field(1)}, iif(${field(15)} IS NULL, 'queued', 'scheduled'), ${field(2)}, ${field(3)}, ${field(4)},
  ${field(5)}, coalesce(${field(15)}, iif(${field(5)}, ?4, NULL)),
  iif(${field(5)} OR ${field(15)} IS NOT NULL, NULL, ?3), ${field(5)}, ${field(6)},
  ${field(7)}, ${field(8)}, ${field(9)}, ${field(10)}, ${field(11)}, ${field(12)}, ?3, ${field(13)}, ${field(14)},
  ${field(16)}, ${field(17)}, ?3 + ${field(18)}, ${field(19)}, ${field(20)}, ${field(21)}, ${field(22)}, ${field(23)},
  ${field(24)}, ${field(25)}, ${field(26)}
FROM json_each(?2) d
WHERE ${condition(field)}
ON CONFLICT DO NOTHING ${returned === null ? "" : `RETURNING ${returned}`}`;

// ?5 lists the jobs whose id or key came from the caller: a call that reuses one for another request inserts nothing.
// ?6 lists the jobs that are replayed: the sweep leaves their blobs alone for as long as their rows are there, so a
// replay must find the row.
const IS_NEW: Condition = (field) => `${field(0)} NOT IN (
    SELECT g.value->>0 FROM json_each(?5) g CROSS JOIN jobs j
    WHERE j.tenant_id = ?1 AND j.id = g.value->>1 AND j.request_digest IS NOT g.value->>3
    UNION ALL
    SELECT g.value->>0 FROM json_each(?5) g CROSS JOIN jobs j INDEXED BY jobs_key
    WHERE g.value->>2 IS NOT NULL AND j.tenant_id = ?1 AND j.idempotency_key = g.value->>2
      AND j.idempotency_key IS NOT NULL AND j.request_digest IS NOT g.value->>3
    UNION ALL
    SELECT r.value->>0 FROM json_each(?6) r
    WHERE NOT EXISTS (SELECT 1 FROM jobs j WHERE j.tenant_id = ?1 AND j.id = r.value->>1))`;

// ?5 lists the jobs with the schedules that they are of: only what a schedule has taken for its last job is inserted.
const IS_LAST_TICK: Condition = (field) => `${field(1)} IN (
    SELECT g.value->>0 FROM json_each(?5) g CROSS JOIN schedules s
    WHERE s.tenant_id = ?1 AND s.name = g.value->>1 AND s.last_job_id = g.value->>0)`;

// ?5 is the attempt that has enqueued them: only when it has ended its job well are they inserted.
const HAS_SUCCEEDED: Condition = () => `EXISTS (SELECT 1 FROM jobs p
    WHERE p.tenant_id = ?1 AND p.id = ?5->>0 AND p.attempt = ?5->>1 AND p.state = 'succeeded')`;
const FOLLOW_UP = "tenant_id AS tenantId, parent_id AS parentId, due_at AS dueAt";

// Before the jobs: a key whose time is over holds back nobody, nor does that of a finished job whose consumer was of a
// version that knew of no such keys.
const FREE_UNIQUE_KEYS = `
UPDATE jobs INDEXED BY jobs_unique SET unique_key = NULL
WHERE tenant_id = ?1 AND unique_key IN (SELECT value FROM json_each(?2)) AND unique_key IS NOT NULL
  AND (unique_until <= ?3 OR (unique_until IS NULL AND finished_at IS NOT NULL))`;

// After the jobs: what was not inserted names nothing.
const INSERT_JOB_BLOBS = `
INSERT INTO job_blobs (tenant_id, blob_id, job_id)
SELECT ?1, b.value->>1, b.value->>0 FROM json_each(?2) b
WHERE EXISTS (SELECT 1 FROM jobs WHERE tenant_id = ?1 AND id = b.value->>0)
ON CONFLICT DO NOTHING`;

/**
 * The statements that insert a flush's jobs; run in one batch, their results tell {@link insertedIds} which are new. Safe
 * to repeat when the outcome is unknown.
 * @param times `now`: when the jobs were created; `claimBy`: when a released one is due (milliseconds since the epoch)
 */
export function insertJobs(
  db: D1Database,
  tenantId: string,
  placed: readonly Placed[],
  times: { readonly now: number; readonly claimBy: number },
): D1PreparedStatement[] {
  const guards = JSON.stringify(
    placed.flatMap(({ draft, call }) =>
      draft.requestDigest === null ? [] : [[call, draft.id, draft.idempotencyKey, draft.requestDigest]],
    ),
  );
  const replayed = JSON.stringify(
    placed.flatMap(({ draft, call }) => (draft.replayOf === null ? [] : [[call, draft.replayOf]])),
  );
  const unique = placed.flatMap(({ draft }) => draft.uniqueKey ?? []);
  const named = placed.flatMap(({ draft }) => draft.blobs.map((blob) => [draft.id, blob]));
  return [
    ...(unique.length === 0 ? [] : [db.prepare(FREE_UNIQUE_KEYS).bind(tenantId, JSON.stringify(unique), times.now)]),
    ...insertions(db, tenantId, placed, times, {
      condition: IS_NEW,
      looksAt: [guards, replayed],
      returned: areNew(placed) ? null : "id",
    }),
    ...(named.length === 0 ? [] : [db.prepare(INSERT_JOB_BLOBS).bind(tenantId, JSON.stringify(named))]),
  ];
}

/**
 * The jobs that are new, by what the statements of {@link insertJobs} gave. None when that does not say which: after a try
 * whose reply was lost.
 */
export function insertedIds(placed: readonly Placed[], results: readonly D1Result[]): Set<string> {
  if (!areNew(placed)) {
    return new Set(results.flatMap(({ results: rows }) => (rows as { id: string }[]).map(({ id }) => id)));
  }
  const inserted = results.reduce((sum, { meta }) => sum + meta.changes, 0);
  return new Set(inserted === placed.length ? placed.map(({ draft }) => draft.id) : []);
}

// Nobody else can have made their ids, and nothing holds them back: to count them is enough, which costs a sixth less
// time than to list them.
function areNew(placed: readonly Placed[]): boolean {
  return placed.every(
    ({ draft }) =>
      draft.requestDigest === null && draft.uniqueKey === null && draft.replayOf === null && draft.blobs.length === 0,
  );
}

/**
 * The statements that insert the jobs of schedules' ticks, provided that each is its schedule's last job; run in one
 * batch, their results are the ids that are new.
 * @param placed each with the name of its schedule
 */
export function insertTickJobs(
  db: D1Database,
  tenantId: string,
  placed: readonly (Placed & { readonly schedule: string })[],
  times: { readonly now: number; readonly claimBy: number },
): D1PreparedStatement[] {
  const guards = JSON.stringify(placed.map(({ draft, schedule }) => [draft.id, schedule]));
  return insertions(db, tenantId, placed, times, { condition: IS_LAST_TICK, looksAt: [guards, "[]"] });
}

/**
 * The statements that insert jobs which an attempt has enqueued, provided that it has ended its job as `succeeded`; run in
 * one batch, their results are, for each that is new, a `FollowUp`.
 */
export function insertChildJobs(
  db: D1Database,
  tenantId: string,
  placed: readonly Placed[],
  by: { readonly id: string; readonly attempt: number; readonly endedAt: number },
): D1PreparedStatement[] {
  const attempt = JSON.stringify([by.id, by.attempt]);
  const named = placed.flatMap(({ draft }) => draft.blobs.map((blob) => [draft.id, blob]));
  // None of them is released: nothing has to be claimed by then.
  const times = { now: by.endedAt, claimBy: null };
  return [
    ...insertions(db, tenantId, placed, times, {
      condition: HAS_SUCCEEDED,
      looksAt: [attempt, "[]"],
      returned: FOLLOW_UP,
    }),
    ...(named.length === 0 ? [] : [db.prepare(INSERT_JOB_BLOBS).bind(tenantId, JSON.stringify(named))]),
  ];
}

interface Insertion {
  readonly condition: Condition;
  /** ?5 and ?6. */
  readonly looksAt: readonly [string, string];
  /** Null: nothing. */
  readonly returned?: string | null;
}

function insertions(
  db: D1Database,
  tenantId: string,
  placed: readonly Placed[],
  { now, claimBy }: { readonly now: number; readonly claimBy: number | null },
  { condition, looksAt, returned = "id" }: Insertion,
): D1PreparedStatement[] {
  const { json, shared, field } = foldRows(placed.map(row), "d", FIRST_SHARED);
  const insert = db.prepare(insertWhere(field, condition, returned));
  return chunks(placed, json).map((chunk) => insert.bind(tenantId, chunk, now, claimBy, ...looksAt, ...shared));
}

function row({ draft, call, released }: Placed): Field[] {
  return [
    call,
    draft.id,
    draft.type,
    draft.queue,
    draft.priority,
    released ? 1 : 0,
    draft.maxAttempts,
    draft.timeoutMs,
    draft.backoff,
    draft.solo ? 1 : 0,
    draft.payloadBytes,
    draft.idempotencyKey,
    draft.requestDigest,
    draft.payload,
    draft.payloadBlob,
    draft.dueAt,
    draft.expiresAt,
    draft.uniqueKey,
    draft.uniqueMs,
    draft.replayOf,
    draft.callback,
    draft.traceParent ?? null,
    draft.next ?? null,
    draft.groupId ?? null,
    draft.parentId ?? null,
    draft.previous ?? null,
    draft.previousBlob ?? null,
  ];
}

/** The rows as JSON arrays, each within what one statement may carry. */
function chunks(placed: readonly Placed[], json: readonly string[]): string[] {
  const all: string[] = [];
  let rows: string[] = [];
  let bytes = 0;
  const close = () => {
    if (rows.length > 0) all.push(`[${rows.join(",")}]`);
    rows = [];
    bytes = 0;
  };
  for (const [index, { draft }] of placed.entries()) {
    const row = json[index] ?? "[]";
    const size = bytesOf(row, draft);
    if (rows.length === CHUNK_ROWS || bytes + size > CHUNK_BYTES) close();
    rows.push(row);
    bytes += size + 1;
  }
  close();
  return all;
}

// Mostly only a payload holds anything but ASCII, at most three bytes a character, and escaping it once more adds only
// ASCII. One that all rows share is not in them.
function bytesOf(json: string, { payload, payloadBytes, next, previous }: JobDraft): number {
  if (next != null || previous != null) return utf8Bytes(json);
  return json.length + (payload === null ? 0 : Math.min(payloadBytes - payload.length, 2 * json.length));
}
