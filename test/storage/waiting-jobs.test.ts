import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { countWaiting, readLaneHeads, readTimed } from "../../src/storage/waiting-jobs.ts";
import { fillTenant } from "../support/fixture-jobs.ts";
import { meterD1 } from "../support/metered-d1.ts";
import { createTenant } from "../support/tenants.ts";

// EXPLAIN is blind here: without ANALYZE it says SEARCH and reads the whole tenant. Only counted rows tell.
let tenantId: string;

beforeAll(async () => {
  tenantId = (await createTenant()).id;
  const other = await createTenant();
  await fillTenant(tenantId, { waiting: 20_000, scheduled: 20_000, queues: 4 });
  await fillTenant(other.id, { waiting: 5_000, scheduled: 5_000, queues: 4 });
}, 60_000);

describe("who waits among 20,000 waiting and 20,000 scheduled jobs", () => {
  it("is the first of each queue and priority, for four rows read each", async () => {
    const { db, total } = meterD1(env.DB);
    const heads = await readLaneHeads(db, tenantId, 300);
    const { results } = await env.DB.prepare(
      `SELECT queue, priority, min(ready_at) AS readyAt FROM jobs WHERE tenant_id = ?1 AND ready_at IS NOT NULL
       GROUP BY queue, priority ORDER BY queue, priority DESC`,
    )
      .bind(tenantId)
      .all();
    expect(heads).toEqual(results);
    expect(heads).toHaveLength(20);
    expect(total().read).toBeLessThanOrEqual(5 * heads.length);
    expect(total().written).toBe(0);
  });

  it("is told up to a bound, and of one queue alone", async () => {
    const { db, total } = meterD1(env.DB);
    expect(await readLaneHeads(db, tenantId, 7)).toHaveLength(7);
    expect(total().read).toBeLessThanOrEqual(40);
    const ofOne = await readLaneHeads(db, tenantId, 300, "queue-2");
    expect(new Set(ofOne.map(({ queue }) => queue))).toEqual(new Set(["queue-2"]));
    expect(ofOne).toHaveLength(5);
    expect(await readLaneHeads(db, tenantId, 300, "unknown")).toEqual([]);
    expect(await readLaneHeads(db, "nobody", 300)).toEqual([]);
  });

  it("is counted up to a bound for each queue, which reads no more", async () => {
    const { db, total } = meterD1(env.DB);
    const counts = await countWaiting(db, tenantId, ["queue-0", "queue-1", "unknown"], 1_000);
    expect(Object.fromEntries(counts)).toEqual({ "queue-0": 1_000, "queue-1": 1_000, unknown: 0 });
    expect(total().read).toBeLessThanOrEqual(2_010);
    expect((await countWaiting(db, tenantId, ["queue-3"], 100_000)).get("queue-3")).toBe(5_000);
  });

  it("does not count what waits for a later time, which is counted by itself", async () => {
    const { db, total } = meterD1(env.DB);
    expect((await readTimed(db, tenantId, 3_000)).delayed).toBe(3_000);
    expect(total().read).toBeLessThanOrEqual(3_010);
    expect((await readTimed(db, tenantId, 50_000)).delayed).toBe(20_000);
  });
});
