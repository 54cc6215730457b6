import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { insertJobs } from "../../src/storage/insert-jobs.ts";
import {
  deleteQueueSettings,
  listQueueSettings,
  pauseQueue,
  putQueueSettings,
  readQueueSettings,
  resumeQueue,
} from "../../src/storage/queue-settings.ts";
import { type RecalledJob, recallReleased } from "../../src/storage/release-jobs.ts";
import { draft } from "../support/drafts.ts";
import { fillTenant } from "../support/fixture-jobs.ts";
import { meterD1 } from "../support/metered-d1.ts";
import { rowOf, setRow } from "../support/rows.ts";
import { createTenant } from "../support/tenants.ts";

const LIMITS = { concurrency: 2, rate: { limit: 5, periodMs: 1_000 }, paused: false };

describe("rows read and written for queue settings", () => {
  let tenantId: string;

  beforeAll(async () => {
    tenantId = (await createTenant()).id;
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)
       INSERT INTO queues (tenant_id, name, created_at, updated_at) SELECT ?1, 'queue/' || i, 1, 1 FROM n`,
    )
      .bind(tenantId)
      .run();
  });

  it("are one written for each change, and none more than the tenant has read", async () => {
    const meter = meterD1(env.DB);
    await putQueueSettings(meter.db, tenantId, { name: "mail", ...LIMITS }, 1);
    await pauseQueue(meter.db, tenantId, "mail", 2);
    await resumeQueue(meter.db, tenantId, "mail", 3);
    await deleteQueueSettings(meter.db, tenantId, "mail");
    expect(meter.total().written).toBe(4);
    expect(meter.total().read).toBeLessThanOrEqual(900 + 20);
  });

  it("are one read for a queue, and one for each queue of a list", async () => {
    const meter = meterD1(env.DB);
    expect(await readQueueSettings(meter.db, tenantId, "queue/1")).toMatchObject({ name: "queue/1", paused: false });
    expect(meter.total().read).toBe(1);
    expect(await listQueueSettings(meter.db, tenantId)).toHaveLength(900);
    expect(meter.total().read).toBeLessThanOrEqual(902);
    const none = meterD1(env.DB);
    expect(await listQueueSettings(none.db, (await createTenant()).id)).toEqual([]);
    expect(none.total().read).toBeLessThanOrEqual(1);
  });
});

describe("calling back what was released", () => {
  const insert = async (tenantId: string, count: number, queue: string) => {
    const placed = Array.from({ length: count }, () => ({ draft: draft({ queue }), call: 0, released: true }));
    await env.DB.batch(insertJobs(env.DB, tenantId, placed, { now: 7, claimBy: Date.now() + 60_000 }));
    return placed.map((one) => one.draft.id);
  };
  const recall = async (tenantId: string, queues: readonly string[], db = env.DB) => {
    const [recalled] = await db.batch<RecalledJob>([recallReleased(db, tenantId, queues)]);
    return recalled!.results;
  };

  it("reads what is in flight and writes two rows a job, however much waits and is scheduled", async () => {
    const { id } = await createTenant();
    await fillTenant(id, { waiting: 100_000, scheduled: 100_000 });
    const [mail] = [await insert(id, 30, "mail"), await insert(id, 70, "other")];
    const meter = meterD1(env.DB);
    const recalled = await recall(id, ["mail", "nothing"], meter.db);
    expect(new Set(recalled.map((job) => job.id))).toEqual(new Set(mail));
    expect(meter.total().written).toBe(60);
    expect(meter.total().read).toBeLessThanOrEqual(100 * 2 + 30 * 4);
    const again = meterD1(env.DB);
    expect(await recall(id, ["mail"], again.db)).toEqual([]);
    expect(again.total().written).toBe(0);
  }, 60_000);

  it("keeps a job's place before those that came later, and leaves what runs, waits or is another tenant's", async () => {
    const [{ id }, stranger] = [await createTenant(), await createTenant()];
    const [fresh, waited, running, waiting] = await insert(id, 4, "mail");
    const [foreign] = await insert(stranger.id, 1, "mail");
    await setRow(id, waited!, { ready_at: 5 });
    await setRow(id, running!, { state: "running", claim: "token", lease_until: 9, attempt: 1 });
    await setRow(id, waiting!, { released: 0, due_at: null, ready_at: 6 });
    expect((await recall(id, ["mail"])).map((job) => job.id).toSorted()).toEqual([fresh!, waited!].toSorted());
    expect(await rowOf(id, fresh!)).toMatchObject({ state: "queued", released: 0, due_at: null, ready_at: 7 });
    expect(await rowOf(id, waited!)).toMatchObject({ state: "queued", released: 0, due_at: null, ready_at: 5 });
    expect(await rowOf(id, running!)).toMatchObject({ state: "running", released: 1 });
    expect(await rowOf(id, waiting!)).toMatchObject({ ready_at: 6 });
    expect(await rowOf(stranger.id, foreign!)).toMatchObject({ released: 1 });
  });
});

describe("settings that make no sense", () => {
  it.each([
    ["a concurrency of none", { ...LIMITS, concurrency: 0 }],
    ["a rate of none", { ...LIMITS, rate: { limit: 0, periodMs: 1_000 } }],
    ["a period of none", { ...LIMITS, rate: { limit: 1, periodMs: 0 } }],
  ])("as %s are refused by the table", async (_, limits) => {
    const { id } = await createTenant();
    await expect(putQueueSettings(env.DB, id, { name: "mail", ...limits }, 1)).rejects.toThrow("CHECK");
    expect(await listQueueSettings(env.DB, id)).toEqual([]);
  });
});
