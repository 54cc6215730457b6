import { env } from "cloudflare:workers";
import page from "../../docs/ingest.md?raw";
import type { QueueMessage } from "../../src/protocol/queue-message.ts";
import { READ_WINDOWS, tablesIn, type Window } from "./readings.ts";

const MINUTE = 60_000;

/** Makes the tables of docs/ingest.md, in the tests' only database. */
export async function makeTables(): Promise<void> {
  for (const statement of tablesIn(page)) await env.DB.exec(statement);
}

/** A tenant's windows of this width, by their start and series. */
export async function windows(tenantId: string, width = MINUTE): Promise<Window[]> {
  const { results } = await env.DB.prepare(READ_WINDOWS).bind(tenantId, width).all<Window>();
  return results;
}

/**
 * Brings back what has not finished, as the gate would once a lease or a backoff is over.
 * @param options `finished`: what has finished, too, as if nobody had been able to write that down
 */
export async function bringBack({ tenantId, jobIds }: QueueMessage, { finished = false } = {}): Promise<void> {
  await env.DB.prepare(
    `UPDATE jobs SET state = 'queued', released = 1, ready_at = 1, due_at = ?3, claim = NULL, lease_until = NULL,
       finished_at = NULL
     WHERE tenant_id = ?1 AND id IN (SELECT value FROM json_each(?2)) AND (finished_at IS NULL OR ?4)`,
  )
    .bind(tenantId, JSON.stringify(jobIds), Date.now() + MINUTE, Number(finished))
    .run();
}
