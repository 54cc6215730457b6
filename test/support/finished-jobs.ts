import { env } from "cloudflare:workers";
import { firstJobIdAt } from "../../src/domain/id.ts";

export interface FinishedOptions {
  readonly state?: "failed" | "succeeded" | "cancelled";
  readonly type?: string;
  readonly queue?: string;
  readonly payload?: unknown;
  readonly error?: { readonly name: string; readonly message: string };
  /** Of the first; the others follow by a millisecond each. */
  readonly createdAt?: number;
}

/** So many finished jobs of a tenant, without going through the gate; returns their ids, oldest first. */
export async function finishedJobs(tenantId: string, count: number, options: FinishedOptions = {}): Promise<string[]> {
  const { state = "failed", type = "noop", queue = "default", payload = null } = options;
  const { error = { name: "Error", message: "no luck" }, createdAt = Date.now() - 3_600_000 } = options;
  const first = { name: "Error", message: "the first failure" };
  const errors = [first, error].map((one, n) => ({ attempt: n + 1, at: createdAt, kind: "error", ...one }));
  const ids = Array.from({ length: count }, (_, n) => {
    const tail = n.toString(16).padStart(12, "0");
    return firstJobIdAt(createdAt + n).slice(0, -12) + tail;
  });
  await env.DB.prepare(
    `INSERT INTO jobs (tenant_id, id, state, type, queue, priority, finished_at, attempt, failures, max_attempts,
       timeout_ms, backoff, payload_bytes, created_at, payload, errors)
     SELECT ?1, j.value, ?3, ?4, ?5, 5, ?6 + j.key, 2, 2, 2, 30000, '{"baseMs":1,"factor":1,"capMs":1}', ?7, ?6 + j.key,
       ?8, ?9 FROM json_each(?2) j`,
  )
    .bind(
      tenantId,
      JSON.stringify(ids),
      state,
      type,
      queue,
      createdAt,
      JSON.stringify(payload).length,
      JSON.stringify(payload),
      state === "failed" ? JSON.stringify(errors) : null,
    )
    .run();
  return ids;
}
