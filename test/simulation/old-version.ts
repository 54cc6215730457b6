import type { SluiceEnv } from "../../src/env.ts";
import type { Settlement } from "../../src/protocol/gate.ts";
import type { QueueMessage } from "../../src/protocol/queue-message.ts";

/*
 * What the first version of all said to its database (migrations 0000 and 0001), and to its gate: as it was recorded, to
 * be run beside what there is today. It is not to be changed.
 */

const CLAIM = `UPDATE jobs SET state = 'running', attempt = attempt + 1, claim = ?2, started_at = ?3,
         lease_until = ?3 + timeout_ms + ?4
       WHERE (tenant_id, id) IN (SELECT value->>0, value->>1 FROM json_each(?1))
         AND state = 'queued' AND released = 1 AND (crashes = 0 OR ?5)
       RETURNING jobs.tenant_id AS tenantId, jobs.id, jobs.type, jobs.attempt, jobs.failures, jobs.crashes,
  jobs.max_attempts AS maxAttempts, jobs.timeout_ms AS timeoutMs, jobs.backoff, jobs.lease_until AS leaseUntil, jobs.payload,
  jobs.payload_blob AS payloadBlob`;

const FINISH = `UPDATE jobs SET state = f.value->>3, released = 0, ready_at = NULL, due_at = f.value->>4,
         finished_at = f.value->>5, lease_until = NULL, failures = failures + f.value->>6, result = f.value->>7,
         result_blob = f.value->>8, errors = iif(f.value->>9 IS NULL, errors,
           json_insert(coalesce(errors, '[]'), '$[#]', json(f.value->>9)))
       FROM json_each(?1) f
       WHERE jobs.tenant_id = f.value->>0 AND jobs.id = f.value->>1 AND jobs.attempt = f.value->>2
         AND jobs.state = 'running'
       RETURNING tenant_id AS tenantId, id, attempt`;

const INSERT = `
INSERT INTO jobs (tenant_id, id, state, type, queue, priority, released, due_at, ready_at, deliveries, max_attempts,
  timeout_ms, backoff, solo, payload_bytes, idempotency_key, request_digest, created_at, payload, payload_blob)
SELECT ?1, d.value->>1, 'queued', d.value->>2, d.value->>3, d.value->>4, d.value->>5,
  iif(d.value->>5, ?4, NULL), iif(d.value->>5, NULL, ?3), d.value->>5, d.value->>6,
  d.value->>7, d.value->>8, d.value->>9, d.value->>10, d.value->>11, d.value->>12, ?3, d.value->>13, d.value->>14
FROM json_each(?2) d
WHERE d.value->>0 NOT IN (
    SELECT g.value->>0 FROM json_each(?5) g CROSS JOIN jobs j
    WHERE j.tenant_id = ?1 AND j.id = g.value->>1 AND j.request_digest IS NOT g.value->>3
    UNION ALL
    SELECT g.value->>0 FROM json_each(?5) g CROSS JOIN jobs j INDEXED BY jobs_key
    WHERE g.value->>2 IS NOT NULL AND j.tenant_id = ?1 AND j.idempotency_key = g.value->>2
      AND j.idempotency_key IS NOT NULL AND j.request_digest IS NOT g.value->>3)
ON CONFLICT DO NOTHING
RETURNING id`;

const LEASE_GRACE_MS = 30_000;
const BACKOFF_MS = 1_000;

interface Attempt {
  readonly tenantId: string;
  readonly id: string;
  readonly attempt: number;
}

/** Takes a message as the old consumer did, and ends each of its jobs in the same way; returns the attempts it made. */
export async function consumeAsBefore(
  env: SluiceEnv,
  { tenantId, jobIds }: QueueMessage,
  outcome: "succeeds" | "fails" | "dies",
): Promise<Attempt[]> {
  const now = Date.now();
  const refs = JSON.stringify(jobIds.map((id) => [tenantId, id]));
  const claim = env.DB.prepare(CLAIM).bind(refs, crypto.randomUUID(), now, LEASE_GRACE_MS, 0);
  const { results: claimed } = await claim.all<Attempt>();
  if (outcome !== "dies" && claimed.length > 0) await finish(env, claimed, outcome, now);
  return claimed;
}

async function finish(env: SluiceEnv, claimed: Attempt[], outcome: "succeeds" | "fails", now: number): Promise<void> {
  const ends = claimed.map(({ tenantId, id, attempt }) =>
    outcome === "succeeds"
      ? [tenantId, id, attempt, "succeeded", null, now, 0, '"done"', null, null]
      : [tenantId, id, attempt, "retrying", now + BACKOFF_MS, null, 1, null, null, error(attempt, now)],
  );
  const { results: ended } = await env.DB.prepare(FINISH).bind(JSON.stringify(ends)).all<Attempt>();
  for (const [tenantId, attempts] of Map.groupBy(ended, (attempt) => attempt.tenantId)) {
    const settlements = attempts.map(
      ({ id, attempt }): Settlement =>
        outcome === "succeeds"
          ? { id, attempt, state: "succeeded", dueAt: null }
          : { id, attempt, state: "retrying", dueAt: now + BACKOFF_MS },
    );
    await env.GATES.getByName(tenantId).settle(settlements);
  }
}

function error(attempt: number, at: number): string {
  return JSON.stringify({ attempt, at, kind: "error", name: "Error", message: "no luck" });
}

/** Stores jobs as the old gate did: the first `released` of them have a slot, the others wait for room. */
export async function insertAsBefore(
  env: SluiceEnv,
  tenantId: string,
  ids: readonly string[],
  released: number,
): Promise<void> {
  const now = Date.now();
  const backoff = '{"baseMs":1000,"factor":2,"capMs":3600000}';
  const rows = ids.map((id, index) => {
    const slot = index < released ? 1 : 0;
    return [0, id, "work", "default", 5, slot, 5, 30_000, backoff, 0, 2, null, null, "{}", null];
  });
  await env.DB.prepare(INSERT)
    .bind(tenantId, JSON.stringify(rows), now, now + 60_000, "[]")
    .all();
}
