import { env } from "cloudflare:workers";
import type { JobRow } from "../../src/storage/schema/jobs.ts";

type Row = Record<string, unknown>;

/** A job's row as it is in D1. */
export async function rowOf(tenantId: string, id: string): Promise<Row> {
  const row = await env.DB.prepare("SELECT * FROM jobs WHERE tenant_id = ?1 AND id = ?2")
    .bind(tenantId, id)
    .first<Row>();
  if (row === null) throw new Error(`there is no job ${id}`);
  return row;
}

/** How many jobs of the tenant are in each state. */
export async function statesOf(tenantId: string): Promise<Partial<Record<JobRow["state"], number>>> {
  const { results } = await env.DB.prepare("SELECT state, count(*) AS n FROM jobs WHERE tenant_id = ?1 GROUP BY state")
    .bind(tenantId)
    .all<{ state: JobRow["state"]; n: number }>();
  return Object.fromEntries(results.map(({ state, n }) => [state, n]));
}

/** Changes a job's row behind everybody's back, as a fault would have left it. */
export async function setRow(tenantId: string, id: string, values: Row): Promise<void> {
  const columns = Object.keys(values).map((column, index) => `${column} = ?${index + 3}`);
  await env.DB.prepare(`UPDATE jobs SET ${columns.join(", ")} WHERE tenant_id = ?1 AND id = ?2`)
    .bind(tenantId, id, ...Object.values(values))
    .run();
}
