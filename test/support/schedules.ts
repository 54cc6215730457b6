import { env } from "cloudflare:workers";
import { apiOf } from "./api.ts";
import { createTenant } from "./tenants.ts";

type Row = Record<string, unknown>;

/** A schedule's row as it is in D1. */
export async function scheduleRow(tenantId: string, name: string): Promise<Row> {
  const row = await env.DB.prepare("SELECT * FROM schedules WHERE tenant_id = ?1 AND name = ?2")
    .bind(tenantId, name)
    .first<Row>();
  if (row === null) throw new Error(`there is no schedule ${name}`);
  return row;
}

/** Lets a schedule tick at this time, as if it had been the next one all along. */
export async function tickAt(tenantId: string, name: string, time: number): Promise<void> {
  await env.DB.prepare("UPDATE schedules SET next_at = ?3 WHERE tenant_id = ?1 AND name = ?2")
    .bind(tenantId, name, time)
    .run();
}

/** A tenant of the test's own with one schedule, which ticks once a year unless it is told otherwise. */
export async function createSchedule(
  settings: Row = {},
  limits: Parameters<typeof createTenant>[0] = {},
): Promise<{ id: string; key: string; name: string; api: ReturnType<typeof apiOf> }> {
  const tenant = await createTenant(limits);
  const api = apiOf(tenant);
  const name = "nightly";
  const { status } = await api.put(`/v1/schedules/${name}`, { cron: "0 0 1 1 *", type: "noop", ...settings });
  if (status !== 201) throw new Error(`the schedule was not made: ${status}`);
  return { ...tenant, name, api };
}

/** Fills a tenant with schedules, without going through the API. */
export async function fillSchedules(
  tenantId: string,
  { count, nextAt, draft }: { count: number; nextAt: number; draft: object },
): Promise<void> {
  await env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2)
     INSERT INTO schedules (tenant_id, name, cron, timezone, overlap, missed, paused, next_at, created_at, updated_at, draft)
     SELECT ?1, printf('fill-%04d', i), '0 0 1 1 *', 'UTC', 'allow', 'skip', 0, ?3 + i, 0, 0, ?4 FROM n`,
  )
    .bind(tenantId, count, nextAt, JSON.stringify(draft))
    .run();
}
