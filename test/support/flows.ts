import { env } from "cloudflare:workers";
import { expect, vi } from "vitest";
import { apiOf } from "./api.ts";
import { createTenant } from "./tenants.ts";

type Row = Record<string, unknown> & { readonly id: string };

export async function newFlowTenant(limits = {}) {
  const tenant = await createTenant(limits);
  return { ...tenant, api: apiOf(tenant) };
}

/** The jobs that a job's end, or its attempt, has brought about, as they are in D1. */
export async function followersOf(tenantId: string, jobId: string): Promise<Row[]> {
  const { results } = await env.DB.prepare("SELECT * FROM jobs WHERE tenant_id = ?1 AND parent_id = ?2 ORDER BY id")
    .bind(tenantId, jobId)
    .all<Row>();
  return results;
}

/** The jobs of a tenant by their types, once all of them have ended; nothing but the gate itself brings them there. */
export async function allEnded(tenantId: string): Promise<Row[]> {
  return vi.waitFor(
    async () => {
      const { results } = await env.DB.prepare("SELECT * FROM jobs WHERE tenant_id = ?1 ORDER BY id")
        .bind(tenantId)
        .all<Row>();
      expect(results.filter((row) => row["finished_at"] === null)).toEqual([]);
      return results;
    },
    { timeout: 10_000, interval: 10 },
  );
}
