import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { Overlap } from "../../src/domain/schedule.ts";
import { claimJobs } from "../../src/storage/claim-jobs.ts";
import { type DueSchedule, findDueSchedules, fireTicks } from "../../src/storage/due-schedules.ts";
import { finishJobs } from "../../src/storage/finish-jobs.ts";
import { type GateFence, raiseFence } from "../../src/storage/gate-fence.ts";
import { earliestDue, findStrandedTenants, readRemaining } from "../../src/storage/gate-state.ts";
import { releaseWaiting } from "../../src/storage/release-jobs.ts";
import { listSchedules, putSchedule, readSchedule } from "../../src/storage/schedules.ts";
import { draft } from "../support/drafts.ts";
import { meterD1 } from "../support/metered-d1.ts";
import { fillSchedules, scheduleRow } from "../support/schedules.ts";
import { createTenant } from "../support/tenants.ts";

// As many as a tenant may have, and the jobs that they have run.
const SCHEDULES = 999;
const FIRST = Date.parse("2030-01-01T00:00:00Z");

let tenantId: string;
let fence: GateFence;

const {
  id: _id,
  dueAt: _dueAt,
  expiresAt: _expiresAt,
  ...job
} = draft({ payload: JSON.stringify("x".repeat(20_000)) });

beforeAll(async () => {
  tenantId = (await createTenant()).id;
  await fillSchedules(tenantId, { count: SCHEDULES, nextAt: FIRST, draft: { ...job, expireInMs: null } });
  fence = (await raiseFence(env.DB, tenantId))!.fence;
});

const times = () => ({ now: Date.now(), claimBy: Date.now() + 60_000, deadline: Date.now() + 60_000 });
const firing = (schedule: DueSchedule, id: string, released = true) => ({
  schedule,
  nextAt: schedule.nextAt + 86_400_000,
  run: { tick: schedule.nextAt, placed: { draft: draft({ id }), call: 0, released } },
});
const due = (count: number, db = env.DB, now = FIRST + 500) => findDueSchedules(db, tenantId, now, count);
const setOverlap = (overlap: Overlap) =>
  env.DB.prepare("UPDATE schedules SET overlap = ?2 WHERE tenant_id = ?1").bind(tenantId, overlap).run();

async function runToItsEnd(id: string, db: D1Database): Promise<void> {
  const claim = { token: "token", now: Date.now(), leaseGraceMs: 10_000, isolated: false };
  expect(await claimJobs(db, [{ tenantId, id }], claim)).toHaveLength(1);
  const end = { state: "succeeded", dueAt: null, finishedAt: Date.now(), endedAt: Date.now(), failed: false } as const;
  const kept = {
    result: '"done"',
    resultBlob: null,
    blobs: [],
    error: null,
    callbackOn: null,
    nextOn: null,
    groupId: null,
  };
  expect(await finishJobs(db, [{ tenantId, id, attempt: 1, ...end, ...kept }])).toHaveLength(1);
}

describe("rows read and written with a thousand schedules", () => {
  it("writes 6 rows for a tick whose job starts at once: 2 to go on, 2 to insert, 1 to claim, 1 to finish", async () => {
    const meter = meterD1(env.DB);
    const [schedule] = await due(1, meter.db);
    const { id } = draft();
    expect((await fireTicks(meter.db, fence, [firing(schedule!, id)], times())).inserted).toEqual(new Set([id]));
    await runToItsEnd(id, meter.db);
    expect(meter.costs.map(({ written }) => written)).toEqual([0, 2, 2, 0, 1, 1]);
    expect(meter.total().read).toBeLessThanOrEqual(26);
  });

  it("writes nothing more for a tick whose job others follow", async () => {
    const meter = meterD1(env.DB);
    const [schedule] = await due(1, meter.db);
    const { id } = draft();
    const { run, ...advance } = firing(schedule!, id);
    const next = JSON.stringify({ on: "success", steps: [] });
    const placed = { ...run.placed, draft: { ...run.placed.draft, next } };
    await fireTicks(meter.db, fence, [{ ...advance, run: { ...run, placed } }], times());
    expect(meter.costs.map(({ written }) => written)).toEqual([0, 2, 2, 0]);
    await runToItsEnd(id, env.DB);
  });

  it("writes 8 rows for a tick whose job waits for room first", async () => {
    const meter = meterD1(env.DB);
    const [schedule] = await due(1, meter.db);
    const { id } = draft();
    await fireTicks(meter.db, fence, [firing(schedule!, id, false)], times());
    await meter.db.batch([releaseWaiting(meter.db, tenantId, "default", 1, Date.now() + 60_000)]);
    await runToItsEnd(id, meter.db);
    expect(meter.costs.map(({ written }) => written)).toEqual([0, 2, 2, 0, 2, 1, 1]);
    expect(meter.total().read).toBeLessThanOrEqual(35);
  });

  it("writes 2 rows for a tick that has no job", async () => {
    const meter = meterD1(env.DB);
    const [schedule] = await due(1, meter.db);
    await fireTicks(meter.db, fence, [{ ...firing(schedule!, ""), run: null }], times());
    expect(meter.total().written).toBe(2);
    expect(meter.total().read).toBeLessThanOrEqual(6);
  });

  it("writes 2 rows for a tick that is not to overlap the last one", async () => {
    await setOverlap("skip");
    const [schedule] = await due(1);
    await fireTicks(env.DB, fence, [firing(schedule!, draft().id)], times());
    const meter = meterD1(env.DB);
    const again = { ...schedule!, nextAt: schedule!.nextAt + 86_400_000 };
    const fired = await fireTicks(meter.db, fence, [firing(again, draft().id)], times());
    expect([fired.advanced.size, fired.inserted.size]).toEqual([1, 0]);
    expect(meter.total().written).toBe(2);
    expect(meter.total().read).toBeLessThanOrEqual(12);
    await setOverlap("allow");
  });

  it.each(["allow", "skip"] as const)("reads about as many rows as it fires (%s)", async (overlap) => {
    await setOverlap(overlap);
    const find = meterD1(env.DB);
    const schedules = await due(100, find.db);
    expect(schedules).toHaveLength(100);
    expect(find.total().read).toBeLessThanOrEqual(100 * 2 + 2);
    const fire = meterD1(env.DB);
    const firings = schedules.map((schedule) => firing(schedule, draft().id, false));
    const fired = await fireTicks(fire.db, fence, firings, times());
    expect([fired.advanced.size, fired.inserted.size]).toEqual([100, 100]);
    expect(fire.total().written).toBe(400);
    expect(fire.total().read).toBeLessThanOrEqual(100 * 16);
    await setOverlap("allow");
  });

  it("finds the next tick by a few rows", async () => {
    const meter = meterD1(env.DB);
    expect((await readRemaining(meter.db, tenantId)).nextTick).toBeGreaterThanOrEqual(FIRST);
    expect(await earliestDue(meter.db, tenantId)).not.toBeNull();
    expect(await due(100, meter.db, FIRST - 1)).toEqual([]);
    expect(meter.total().read).toBeLessThanOrEqual(10);
  });

  it("reads next to nothing for a tenant that has none", async () => {
    const other = (await createTenant()).id;
    const meter = meterD1(env.DB);
    expect(await findDueSchedules(meter.db, other, Date.now(), 100)).toEqual([]);
    expect(meter.total().read).toBeLessThanOrEqual(1);
  });

  it("finds the tenants with an overdue schedule by a row or two each", async () => {
    const alone = (await createTenant()).id;
    await fillSchedules(alone, { count: 500, nextAt: FIRST, draft: { ...job, expireInMs: null } });
    const find = async (ticks: number) => {
      const meter = meterD1(env.DB);
      const found = await findStrandedTenants(meter.db, { jobs: 0, ticks }, "", 1_000);
      return { found: found.some((place) => place.tenantId === alone), read: meter.total().read };
    };
    const tenants = await env.DB.prepare("SELECT count(*) AS n FROM tenants").first<number>("n");
    const [overdue, early] = [await find(FIRST), await find(FIRST - 1)];
    expect([overdue.found, early.found]).toEqual([true, false]);
    expect(Math.max(overdue.read, early.read)).toBeLessThanOrEqual(tenants! * 5);
  });

  it("puts, reads and lists schedules by their rows, counting them only for a new one", async () => {
    const settings = {
      name: "another",
      cron: "0 0 1 1 *",
      timezone: "UTC",
      overlap: "allow",
      missed: "skip",
      paused: false,
      nextAt: FIRST,
      draft: JSON.stringify({ ...job, expireInMs: null }),
    } as const;
    const make = meterD1(env.DB);
    expect(await putSchedule(make.db, tenantId, settings, Date.now())).toMatchObject({ created: true });
    expect(make.total().written).toBe(2);
    expect(make.total().read).toBeLessThanOrEqual(1_010);
    const again = meterD1(env.DB);
    expect(await putSchedule(again.db, tenantId, settings, Date.now())).toMatchObject({ created: false });
    expect(again.total().written).toBe(0);
    expect(again.total().read).toBeLessThanOrEqual(6);
    const read = meterD1(env.DB);
    expect(await readSchedule(read.db, tenantId, "another")).toMatchObject({ name: "another" });
    const list = await listSchedules(read.db, tenantId, "", 25);
    expect(list).toHaveLength(25);
    expect(list[0]?.draft).not.toContain("xxx");
    expect(read.total().read).toBeLessThanOrEqual(30);
  });
});

describe("a schedule that was changed since it was read", () => {
  it("stays as it is, and the tick has no job", async () => {
    const schedules = await due(3);
    const [changed, paused, deleted] = schedules.map(({ name }) => name);
    const set = (sql: string, name: string | undefined) =>
      env.DB.prepare(`${sql} WHERE tenant_id = ?1 AND name = ?2`).bind(tenantId, name).run();
    await set("UPDATE schedules SET updated_at = updated_at + 1", changed);
    await set("UPDATE schedules SET paused = 1, next_at = NULL", paused);
    await set("DELETE FROM schedules", deleted);
    const before = await scheduleRow(tenantId, changed!);
    const firings = schedules.map((schedule) => firing(schedule, draft().id));
    const fired = await fireTicks(env.DB, fence, firings, times());
    expect([fired.advanced.size, fired.inserted.size]).toEqual([0, 0]);
    expect(await scheduleRow(tenantId, changed!)).toEqual(before);
    expect(await scheduleRow(tenantId, paused!)).toMatchObject({ next_at: null, last_tick: null });
  });

  it("is left by an old gate, and by one that comes too late", async () => {
    const [schedule] = await due(1);
    const before = await scheduleRow(tenantId, schedule!.name);
    const fire = (epoch: number, deadline: number) =>
      fireTicks(env.DB, { ...fence, epoch }, [firing(schedule!, draft().id)], { ...times(), deadline });
    await expect(fire(fence.epoch - 1, Date.now() + 60_000)).rejects.toThrow("malformed JSON");
    await expect(fire(fence.epoch, Date.now() - 1)).rejects.toThrow("malformed JSON");
    expect(await scheduleRow(tenantId, schedule!.name)).toEqual(before);
  });
});
