import { env } from "cloudflare:workers";
import { firstJobIdAt } from "../../src/domain/id.ts";

/**
 * Fills a tenant with jobs that wait for room and jobs that are scheduled, without going through the gate.
 * Waiting jobs are spread over `queues` queues.
 */
export async function fillTenant(
  tenantId: string,
  { waiting, scheduled, queues = 3, dueAt = Date.now() + 86_400_000 }: FillOptions,
): Promise<void> {
  const fill = (kind: "queued" | "scheduled", count: number, base: number) =>
    env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2)
       INSERT INTO jobs (tenant_id, id, state, type, queue, priority, due_at, ready_at, max_attempts, timeout_ms, backoff,
         payload_bytes, created_at, payload)
       SELECT ?1, ?3 || printf('%012x', i), '${kind}', 'noop', 'queue-' || (i % CAST(?4 AS INTEGER)), i % 10,
         ${kind === "scheduled" ? "?5 + i" : "NULL"}, ${kind === "queued" ? "?5 + i" : "NULL"}, 5, 30000,
         '{"baseMs":1,"factor":1,"capMs":1}', 2, ?6, '{}' FROM n`,
    ).bind(tenantId, count, firstJobIdAt(base).slice(0, -12), queues, kind === "scheduled" ? dueAt : base, base);
  const past = Date.now() - 3_600_000;
  if (waiting > 0) await fill("queued", waiting, past).run();
  if (scheduled > 0) await fill("scheduled", scheduled, past + 60_000).run();
}

/** Gives a tenant jobs that have ended, one after the other from a time on, spread over three queues. */
export async function fillFinished(
  tenantId: string,
  { state, jobs, at }: { readonly state: "succeeded" | "failed"; readonly jobs: number; readonly at: number },
): Promise<void> {
  const errors = state === "failed" ? `'[{"attempt":1,"at":1,"kind":"error","name":"Error","message":"no"}]'` : "NULL";
  await env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2)
     INSERT INTO jobs (tenant_id, id, state, type, queue, priority, attempt, max_attempts, timeout_ms, backoff,
       payload_bytes, created_at, started_at, finished_at, payload, errors)
     SELECT ?1, ?3 || printf('%012x', i), '${state}', 'noop', 'queue-' || (i % 3), 5, 1, 5, 30000,
       '{"baseMs":1,"factor":1,"capMs":1}', 2, ?4, ?4, ?4, '{}', ${errors} FROM n`,
  )
    .bind(tenantId, jobs, firstJobIdAt(at).slice(0, -12), at)
    .run();
}

interface FillOptions {
  readonly waiting: number;
  readonly scheduled: number;
  readonly queues?: number;
  /** Of the first scheduled job; the others follow by a millisecond each. */
  readonly dueAt?: number;
}
