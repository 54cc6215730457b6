import { env } from "cloudflare:workers";
import type { JobState } from "../../src/domain/job.ts";

/** How many jobs of the tenant are in D1, of all states or of one. */
export async function countJobs(tenantId: string, state?: JobState): Promise<number> {
  const row = await env.DB.prepare("SELECT count(*) AS n FROM jobs WHERE tenant_id = ?1 AND (?2 IS NULL OR state = ?2)")
    .bind(tenantId, state ?? null)
    .first<{ n: number }>();
  return row?.n ?? 0;
}

/** The tenant's objects in R2, without its prefix. */
export async function storedObjects(tenantId: string): Promise<string[]> {
  const { objects } = await env.BLOBS.list({ prefix: `${tenantId}/` });
  return objects.map(({ key }) => key.slice(tenantId.length + 1));
}
