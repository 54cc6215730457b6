import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { firstJobIdAt } from "../../src/domain/id.ts";
import { deleteOldGroups } from "../../src/maintenance/delete-groups.ts";
import { deleteCompleteGroups } from "../../src/storage/delete-groups.ts";
import { meterD1 } from "../support/metered-d1.ts";
import { createTenant } from "../support/tenants.ts";

const DAY = 86_400_000;
const LONG_AGO = Date.now() - 40 * DAY;

beforeEach(async () => {
  await env.DB.batch([env.DB.prepare("DELETE FROM chores"), env.DB.prepare("DELETE FROM job_groups")]);
});

/** So many groups that were made at one time, and are complete since another, or still open. */
async function groups(tenantId: string, count: number, createdAt: number, completedAt: number | null): Promise<void> {
  const ended = completedAt === null ? null : 0;
  const insert = env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2)
     INSERT INTO job_groups (tenant_id, id, on_failure, total, created_at, completed_at, failed, cancelled, types, members)
     SELECT ?1, ?3 || printf('%012x', i), 'continue', 1, ?4, ?5, ?6, ?6, '[]', '[]' FROM n`,
  );
  await insert.bind(tenantId, count, firstJobIdAt(createdAt).slice(0, -12), createdAt, completedAt, ended).run();
}

async function left(tenantId: string): Promise<number> {
  const count = env.DB.prepare("SELECT count(*) AS n FROM job_groups WHERE tenant_id = ?1").bind(tenantId);
  return (await count.first<number>("n")) ?? 0;
}

describe("retention of groups", () => {
  it("deletes those that were complete over 30 days ago, of each tenant, and no others", async () => {
    const [one, two] = [await createTenant(), await createTenant()];
    await groups(one.id, 2_500, LONG_AGO, LONG_AGO + 1_000);
    await groups(one.id, 3, LONG_AGO + DAY, Date.now() - DAY);
    await groups(one.id, 2, LONG_AGO + 2 * DAY, null);
    await groups(two.id, 5, LONG_AGO, LONG_AGO + 1_000);
    await groups(two.id, 4, Date.now(), Date.now());
    await deleteOldGroups(env, Date.now());
    expect([await left(one.id), await left(two.id)]).toEqual([5, 4]);
  });

  it("reads no more rows than a step may take, and some for the tenants between", async () => {
    const tenant = await createTenant();
    await groups(tenant.id, 300, LONG_AGO, LONG_AGO + 1_000);
    const meter = meterD1(env.DB);
    const place = await deleteCompleteGroups(meter.db, Date.now() - 30 * DAY, { tenantId: "", id: "" }, 100);
    expect(place).toMatchObject({ tenantId: tenant.id });
    expect(await left(tenant.id)).toBe(200);
    expect(meter.total().read).toBeLessThanOrEqual(6 * 100);
  });
});
