import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { firstJobIdAt } from "../../src/domain/id.ts";
import { deleteOldJobs } from "../../src/maintenance/delete-finished.ts";
import { deleteFinished, findTenantsWithJobsBefore } from "../../src/storage/delete-finished.ts";
import { apiOf } from "../support/api.ts";
import { meterD1 } from "../support/metered-d1.ts";
import { statesOf } from "../support/rows.ts";
import { createTenant } from "../support/tenants.ts";

const DAY = 86_400_000;
const LONG_AGO = Date.now() - 40 * DAY;

/** Jobs that were created at one time: so many that have finished at another, and so many that wait. */
async function oldJobs(tenantId: string, createdAt: number, finished: number, finishedAt: number, waiting = 0) {
  const insert = env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2)
     INSERT INTO jobs (tenant_id, id, state, type, queue, priority, ready_at, finished_at, max_attempts, timeout_ms, backoff,
       payload_bytes, created_at, payload)
     SELECT ?1, ?3 || printf('%012x', i), iif(i < ?4, 'succeeded', 'queued'), 'noop', 'default', 5,
       iif(i < ?4, NULL, ?5), iif(i < ?4, ?6, NULL), 5, 30000, '{}', 2, ?5, '{}' FROM n`,
  );
  const prefix = firstJobIdAt(createdAt).slice(0, -12);
  await insert.bind(tenantId, finished + waiting, prefix, finished, createdAt, finishedAt).run();
}

/** Rounds begin an hour apart: every test has its own. */
let rounds = 0;
const nextRound = () => Date.now() + ++rounds * 3_600_001;

async function drain(now: number): Promise<void> {
  for (let tick = 0; tick < 50; tick++) await deleteOldJobs(env, now);
}

describe("retention", () => {
  it("deletes jobs that have finished over 30 days ago, and no others", async () => {
    const [one, two] = [await createTenant(), await createTenant()];
    await oldJobs(one.id, LONG_AGO, 2_500, LONG_AGO + 1_000, 10);
    await oldJobs(one.id, LONG_AGO + DAY, 30, Date.now() - DAY);
    await oldJobs(two.id, LONG_AGO, 5, LONG_AGO + 1_000);
    await apiOf(two).post("/v1/jobs?wait=10", { type: "noop" });
    await drain(nextRound());
    expect(await statesOf(one.id)).toEqual({ queued: 10, succeeded: 30 });
    expect(await statesOf(two.id)).toEqual({ succeeded: 1 });
  });

  it("goes on in the next tick where the last one has stopped, and rests when its round is over", async () => {
    const tenant = await createTenant();
    await oldJobs(tenant.id, LONG_AGO, 25_000, LONG_AGO + 1_000);
    const now = nextRound();
    await deleteOldJobs(env, now);
    const left = (await statesOf(tenant.id)).succeeded ?? 0;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(25_000);
    await drain(now);
    expect(await statesOf(tenant.id)).toEqual({});
    await oldJobs(tenant.id, LONG_AGO, 1, LONG_AGO + 1_000);
    await deleteOldJobs(env, now + 60_000);
    expect(await statesOf(tenant.id)).toEqual({ succeeded: 1 });
    await deleteOldJobs(env, nextRound());
    expect(await statesOf(tenant.id)).toEqual({});
  });

  it("writes one row for a job that it deletes, and reads a few", async () => {
    const tenant = await createTenant();
    await oldJobs(tenant.id, LONG_AGO, 1_000, LONG_AGO + 1_000, 1_000);
    const meter = meterD1(env.DB);
    expect(await findTenantsWithJobsBefore(meter.db, LONG_AGO + DAY, "", 1_000)).toContain(tenant.id);
    meter.costs.length = 0;
    const last = await deleteFinished(meter.db, tenant.id, LONG_AGO + DAY, "", 1_000);
    expect(last).not.toBeNull();
    expect(meter.total().written).toBe(1_000);
    expect(meter.total().read).toBeLessThanOrEqual(5_000);
  });
});
