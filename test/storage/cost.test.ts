import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { firstJobIdAt } from "../../src/domain/id.ts";
import { moveOn } from "../../src/domain/overdue.ts";
import { storedCallback } from "../../src/protocol/callback.ts";
import { cancelJobs } from "../../src/storage/change-jobs.ts";
import { claimJobs, findClaimed } from "../../src/storage/claim-jobs.ts";
import { disableReceiver, enableReceiver } from "../../src/storage/disabled-receivers.ts";
import { findReused } from "../../src/storage/find-reused.ts";
import { type Finish, findFinished, finishJobs } from "../../src/storage/finish-jobs.ts";
import { assertFence, type GateFence, raiseFence } from "../../src/storage/gate-fence.ts";
import {
  countBacklog,
  countSince,
  earliestDue,
  findStrandedTenants,
  readRemaining,
  readSlots,
  readWaitingQueues,
} from "../../src/storage/gate-state.ts";
import { insertJobs } from "../../src/storage/insert-jobs.ts";
import { findOverdue, moveOverdue } from "../../src/storage/overdue-jobs.ts";
import { listJobs, readJob, readJobState, readJobs } from "../../src/storage/read-jobs.ts";
import { type ReleasedJob, releaseWaiting } from "../../src/storage/release-jobs.ts";
import { draft } from "../support/drafts.ts";
import { fillTenant } from "../support/fixture-jobs.ts";
import { gateOf } from "../support/gate.ts";
import { meterD1 } from "../support/metered-d1.ts";
import { createTenant } from "../support/tenants.ts";

// EXPLAIN is blind here: without ANALYZE it says SEARCH and reads the whole tenant. Only counted rows tell.
const WAITING = 100_000;
const SCHEDULED = 100_000;
const DUE_FIRST = Date.now() + 86_400_000;

let tenantId: string;
let fence: GateFence;

beforeAll(async () => {
  tenantId = (await createTenant()).id;
  await fillTenant(tenantId, { waiting: WAITING, scheduled: SCHEDULED, dueAt: DUE_FIRST });
  fence = (await raiseFence(env.DB, tenantId))!.fence;
}, 60_000);

const later = () => Date.now() + 60_000;

/** Inserts `count` jobs, released or waiting, and returns their ids. */
async function insert(count: number, released: boolean, overrides = {}): Promise<string[]> {
  const placed = Array.from({ length: count }, () => ({ draft: draft(overrides), call: 0, released }));
  await env.DB.batch(insertJobs(env.DB, tenantId, placed, { now: Date.now(), claimBy: later() }));
  return placed.map((one) => one.draft.id);
}

async function claim(ids: readonly string[], db = env.DB) {
  const refs = ids.map((id) => ({ tenantId, id }));
  return claimJobs(db, refs, { token: "token", now: Date.now(), leaseGraceMs: 10_000, isolated: false });
}

function succeeded(ids: readonly string[], attempt = 1): Finish[] {
  const end = { state: "succeeded", dueAt: null, finishedAt: Date.now(), endedAt: Date.now(), failed: false } as const;
  return ids.map((id) => ({
    tenantId,
    id,
    attempt,
    ...end,
    result: '"done"',
    resultBlob: null,
    blobs: [],
    error: null,
    callbackOn: null,
    nextOn: null,
    groupId: null,
  }));
}

describe("rows read and written with 100,000 waiting and 100,000 scheduled jobs", () => {
  it("writes 4 rows for a plain job that starts at once: 2 to insert, 1 to claim, 1 to finish", async () => {
    const meter = meterD1(env.DB);
    const placed = [{ draft: draft(), call: 0, released: true }];
    const ids = placed.map((one) => one.draft.id);
    await meter.db.batch([
      ...insertJobs(meter.db, tenantId, placed, { now: Date.now(), claimBy: later() }),
      assertFence(meter.db, fence, later()),
    ]);
    await claim(ids, meter.db);
    expect(await finishJobs(meter.db, succeeded(ids))).toHaveLength(1);
    expect(meter.costs.map((cost) => cost.written)).toEqual([2, 0, 1, 1]);
    expect(meter.total().read).toBeLessThanOrEqual(20);
  });

  it.each([
    ["5 rows for a keyed job", 5, { idempotencyKey: "a-key", requestDigest: "digest" }],
    ["no more than 4 rows for a job with an id of the caller's", 4, { requestDigest: "digest" }],
  ] as const)("writes %s", async (_, rows, named) => {
    const meter = meterD1(env.DB);
    const placed = [{ draft: draft(named), call: 0, released: true }];
    const ids = placed.map((one) => one.draft.id);
    await meter.db.batch(insertJobs(meter.db, tenantId, placed, { now: Date.now(), claimBy: later() }));
    await claim(ids, meter.db);
    await finishJobs(meter.db, succeeded(ids));
    expect(meter.total().written).toBe(rows);
  });

  it("writes one row more for each blob that a job names, in its payload or its result", async () => {
    const meter = meterD1(env.DB);
    const named = draft({ blobs: ["blob_a", "blob_b"] });
    const placed = [{ draft: named, call: 0, released: true }];
    await meter.db.batch(insertJobs(meter.db, tenantId, placed, { now: Date.now(), claimBy: later() }));
    await claim([named.id], meter.db);
    await finishJobs(
      meter.db,
      succeeded([named.id]).map((finish) => ({ ...finish, blobs: ["blob_b", "blob_c"] })),
    );
    expect(meter.costs.map((cost) => cost.written)).toEqual([2, 2, 1, 1, 1]);
    expect(meter.total().read).toBeLessThanOrEqual(40);
    const blobs = env.DB.prepare("SELECT blob_id FROM job_blobs WHERE tenant_id = ?1 AND job_id = ?2");
    expect((await blobs.bind(tenantId, named.id).raw()).flat()).toEqual(["blob_a", "blob_b", "blob_c"]);
  });

  it("names no blob for an attempt that no longer runs, nor for a job that was not stored", async () => {
    const [first, second] = [draft({ blobs: ["blob_x"] }), draft()];
    const insert = (id: string) =>
      insertJobs(env.DB, tenantId, [{ draft: { ...first, id }, call: 0, released: true }], {
        now: Date.now(),
        claimBy: later(),
      });
    await env.DB.batch([...insert(first.id).slice(1), ...insert(second.id).slice(0, 1)]);
    const late = succeeded([second.id]).map((finish) => ({ ...finish, blobs: ["blob_y"] }));
    expect(await finishJobs(env.DB, late)).toEqual([]);
    const named = env.DB.prepare(
      "SELECT count(*) AS n FROM job_blobs WHERE tenant_id = ?1 AND blob_id IN ('blob_x', 'blob_y')",
    );
    expect(await named.bind(tenantId).first("n")).toBe(0);
  });

  it("are ended without those that came too late", async () => {
    const [own, lost] = await insert(2, true);
    await claim([own!, lost!]);
    await env.DB.prepare("UPDATE jobs SET attempt = 2 WHERE tenant_id = ?1 AND id = ?2").bind(tenantId, lost).run();
    const meter = meterD1(env.DB);
    expect(await finishJobs(meter.db, succeeded([own!, lost!]))).toMatchObject([{ id: own }]);
    expect(meter.total().written).toBe(1);
    await finishJobs(env.DB, succeeded([lost!], 2));
  });

  const called = async (count: number) => {
    const drafts = Array.from({ length: count }, () => draft());
    const placed = await Promise.all(
      drafts.map(async (one) => ({
        draft: { ...one, callback: await storedCallback({ url: "https://hooks.example.com/", on: "both" }, one.id) },
        call: 0,
        released: true,
      })),
    );
    await env.DB.batch(insertJobs(env.DB, tenantId, placed, { now: Date.now(), claimBy: later() }));
    return drafts.map(({ id }) => id);
  };
  const endedBy = (ids: readonly string[]) =>
    succeeded(ids).map((finish): Finish => ({ ...finish, callbackOn: "both", endedAt: finish.finishedAt ?? 0 }));

  it("writes two rows more where somebody is told of a job's end, and none when that is repeated", async () => {
    const ids = await called(100);
    expect((await claim(ids)).map(({ callbackOn }) => callbackOn)).toEqual(ids.map(() => "both"));
    const [first, again] = [meterD1(env.DB), meterD1(env.DB)];
    const finished = await finishJobs(first.db, endedBy(ids));
    expect(finished.map(({ followUps }) => followUps)).toEqual(ids.map(() => 1));
    expect(first.costs.map((cost) => cost.written)).toEqual([100, 200]);
    expect(first.total().read).toBeLessThanOrEqual(100 * 16);
    expect(await finishJobs(again.db, endedBy(ids))).toEqual([]);
    expect(again.total().written).toBe(0);
    // The deliveries must not stand in the way of the tests that follow.
    await env.DB.prepare("DELETE FROM jobs WHERE tenant_id = ?1 AND type = 'sluice.callback'").bind(tenantId).run();
  });

  it("writes two rows more, a dead letter and no job to run, where the receiver is disabled", async () => {
    const ids = await called(1);
    await claim(ids);
    await disableReceiver(env.DB, tenantId, { url: "https://hooks.example.com/", disabledAt: 1, jobId: "job" });
    const meter = meterD1(env.DB);
    expect((await finishJobs(meter.db, endedBy(ids)))[0]?.followUps ?? 0).toBe(0);
    expect(meter.costs.map((cost) => cost.written)).toEqual([1, 2]);
    expect(meter.total().read).toBeLessThanOrEqual(20);
    expect(await enableReceiver(env.DB, tenantId, "https://hooks.example.com/")).toBe(true);
  });

  it("writes one row more for a job that fails for good, by which dead letters are listed", async () => {
    const ids = await insert(1, true);
    await claim(ids);
    const meter = meterD1(env.DB);
    const failed = succeeded(ids).map((finish): Finish => ({ ...finish, state: "failed", result: null, failed: true }));
    expect(await finishJobs(meter.db, failed)).toHaveLength(1);
    expect(meter.costs.map((cost) => cost.written)).toEqual([2]);
  });

  it("makes no statement more to finish or move jobs of which nobody is told", async () => {
    const ids = await insert(2, true);
    await claim(ids);
    const meter = meterD1(env.DB);
    await finishJobs(meter.db, succeeded(ids.slice(0, 1)));
    expect(meter.costs).toHaveLength(1);
    const [overdue] = await findOverdue(env.DB, tenantId, later() + 1, 1);
    const policy = { now: later() + 60_000, pickupWindowMs: 60_000, crashLimit: 2 };
    const moved = meterD1(env.DB);
    await moveOverdue(
      moved.db,
      fence,
      [{ job: overdue!, to: moveOn({ ...overdue!, crashes: 1 }, true, policy) }],
      policy.now,
      later(),
    );
    expect(moved.costs.map(({ sql }) => sql.includes("INSERT"))).toEqual([false, false]);
    await finishJobs(env.DB, succeeded(ids.slice(1)));
  });

  it("writes one row more for a unique job, and reads a few for one that is there already", async () => {
    const meter = meterD1(env.DB);
    const unique = () => [{ draft: draft({ uniqueKey: "same" }), call: 0, released: true }];
    const [first, second] = [unique(), unique()];
    const insert = (placed: typeof first) =>
      meter.db.batch(insertJobs(meter.db, tenantId, placed, { now: Date.now(), claimBy: later() }));
    await insert(first);
    await claim([first[0]!.draft.id], meter.db);
    await insert(second);
    expect(await findReused(meter.db, tenantId, [second[0]!.draft])).toMatchObject([{ id: first[0]!.draft.id }]);
    await finishJobs(meter.db, succeeded([first[0]!.draft.id]));
    expect(meter.costs.map((cost) => cost.written)).toEqual([0, 3, 1, 0, 0, 0, 1]);
    expect(meter.total().read).toBeLessThanOrEqual(40);
  });

  it("writes 6 rows for a job that waited for room", async () => {
    const meter = meterD1(env.DB);
    const placed = [{ draft: draft({ queue: "of-its-own" }), call: 0, released: false }];
    await meter.db.batch(insertJobs(meter.db, tenantId, placed, { now: Date.now(), claimBy: later() }));
    const [released] = await meter.db.batch<ReleasedJob>([
      releaseWaiting(meter.db, tenantId, "of-its-own", 5, later()),
    ]);
    const ids = released!.results.map((job) => job.id);
    expect(ids).toEqual([placed[0]!.draft.id]);
    await claim(ids, meter.db);
    await finishJobs(meter.db, succeeded(ids));
    expect(meter.costs.map((cost) => cost.written)).toEqual([2, 2, 1, 1]);
  });

  it("reads about as many rows as it inserts, keyed and with callers' ids too", async () => {
    const meter = meterD1(env.DB);
    const placed = Array.from({ length: 100 }, (_, index) => ({
      draft: draft({ requestDigest: "digest", idempotencyKey: `key-${index}` }),
      call: index,
      released: false,
    }));
    await meter.db.batch(insertJobs(meter.db, tenantId, placed, { now: Date.now(), claimBy: later() }));
    expect(meter.total().read).toBeLessThanOrEqual(100 * 10);
    const known = meterD1(env.DB);
    expect(
      await findReused(
        known.db,
        tenantId,
        placed.map((one) => one.draft),
      ),
    ).toHaveLength(100);
    expect(known.total().read).toBeLessThanOrEqual(100 * 6);
  });

  it("writes no more for a replay than for any job, and reads a row more: its original", async () => {
    const [original] = await insert(1, true);
    const placed = (replayOf: string | null) => [
      { draft: draft({ requestDigest: "digest", replayOf }), call: 0, released: true },
    ];
    const times = { now: Date.now(), claimBy: later() };
    const [plain, replay] = [meterD1(env.DB), meterD1(env.DB)];
    await plain.db.batch(insertJobs(plain.db, tenantId, placed(null), times));
    await replay.db.batch(insertJobs(replay.db, tenantId, placed(original!), times));
    expect([plain.total().written, replay.total().written]).toEqual([2, 2]);
    expect(replay.total().read - plain.total().read).toBeLessThanOrEqual(3);
    const [gone] = await env.DB.batch(insertJobs(env.DB, tenantId, placed("no-such-job"), times));
    expect(gone!.results).toEqual([]);
  });

  it("releases by priority and then by age, and reads about what it returns", async () => {
    const meter = meterD1(env.DB);
    const [released] = await meter.db.batch<ReleasedJob>([
      releaseWaiting(meter.db, tenantId, "queue-1", 50, Date.now() + 3_600_000),
    ]);
    expect(released!.results).toHaveLength(50);
    const rows = await readJobs(
      env.DB,
      tenantId,
      released!.results.map((job) => job.id),
    );
    expect(new Set(rows.map((row) => row.priority))).toEqual(new Set([9]));
    expect(meter.total().written).toBe(100);
    expect(meter.total().read).toBeLessThanOrEqual(50 * 6);
    await env.DB.batch(
      cancelJobs(
        env.DB,
        tenantId,
        released!.results.map((job) => job.id),
        Date.now(),
      ),
    );
  });

  it("claims with one row written a job, and none for a duplicate", async () => {
    const ids = await insert(100, true);
    const first = meterD1(env.DB);
    expect(await claim(ids, first.db)).toHaveLength(100);
    expect(first.total().written).toBe(100);
    expect(first.total().read).toBeLessThanOrEqual(100 * 7);
    const again = meterD1(env.DB);
    expect(await claim(ids, again.db)).toHaveLength(0);
    expect(again.total().written).toBe(0);
    expect(again.total().read).toBeLessThanOrEqual(100 * 5);
    const lost = meterD1(env.DB);
    expect(
      await findClaimed(
        lost.db,
        ids.map((id) => ({ tenantId, id })),
        "token",
      ),
    ).toHaveLength(100);
    expect(lost.total().read).toBeLessThanOrEqual(100 * 3);
    const finish = meterD1(env.DB);
    expect(await finishJobs(finish.db, succeeded(ids))).toHaveLength(100);
    expect(finish.total().written).toBe(100);
    expect(finish.total().read).toBeLessThanOrEqual(100 * 6);
    const finished = meterD1(env.DB);
    expect(await findFinished(finished.db, succeeded(ids))).toHaveLength(100);
    expect(finished.total().read).toBeLessThanOrEqual(100 * 3);
  });

  it("finds and promotes 51 due jobs among 100,000 scheduled ones", async () => {
    const now = DUE_FIRST + 50;
    const find = meterD1(env.DB);
    const overdue = (await findOverdue(find.db, tenantId, now, 500)).filter((job) => job.state === "scheduled");
    expect(overdue).toHaveLength(51);
    expect(find.total().read).toBeLessThanOrEqual(51 * 4 + 20);
    const policy = { now, pickupWindowMs: 60_000, crashLimit: 3 };
    const moves = overdue.map((job) => ({ job, to: moveOn(job, true, policy) }));
    const move = meterD1(env.DB);
    expect((await moveOverdue(move.db, fence, moves, now, later())).ids.size).toBe(51);
    expect(move.total().written).toBe(51 * 2);
    expect(move.total().read).toBeLessThanOrEqual(51 * 8);
    await env.DB.batch(
      cancelJobs(
        env.DB,
        tenantId,
        overdue.map((job) => job.id),
        Date.now(),
      ),
    );
  });

  it("knows by a few rows whether a tenant has anything left to do", async () => {
    const meter = meterD1(env.DB);
    expect(await readRemaining(meter.db, tenantId)).toEqual({ unfinished: true, nextTick: null });
    const other = (await createTenant()).id;
    expect(await readRemaining(meter.db, other)).toEqual({ unfinished: false, nextTick: null });
    expect(meter.total().read).toBeLessThanOrEqual(6);
  });

  it("finds the earliest due time by two rows", async () => {
    const meter = meterD1(env.DB);
    expect(await earliestDue(meter.db, tenantId)).toBeGreaterThan(Date.now());
    expect(meter.total().read).toBeLessThanOrEqual(4);
  });

  it("rebuilds a gate by what holds a slot, one row a queue, and a backlog counted to its limit", async () => {
    const held = await insert(20, true);
    const slots = meterD1(env.DB);
    expect((await readSlots(slots.db, tenantId)).map((slot) => slot.id)).toEqual(expect.arrayContaining(held));
    expect(slots.total().read).toBeLessThanOrEqual(60);
    const queues = meterD1(env.DB);
    expect(await readWaitingQueues(queues.db, tenantId, 1_000)).toEqual(["default", "queue-0", "queue-1", "queue-2"]);
    expect(queues.total().read).toBeLessThanOrEqual(30);
    const backlog = meterD1(env.DB);
    expect(await countBacklog(backlog.db, tenantId, 1_000)).toBe(2_000);
    expect(backlog.total().read).toBeLessThanOrEqual(2_010);
    const since = meterD1(env.DB);
    expect(await countSince(since.db, tenantId, firstJobIdAt(Date.now() - 60_000), 50)).toBe(50);
    expect(since.total().read).toBeLessThanOrEqual(60);
    await claim(held);
    await finishJobs(env.DB, succeeded(held));
  });

  it("looks up one job, its state, or a list of them by their rows alone", async () => {
    const [id] = await insert(1, true);
    const meter = meterD1(env.DB);
    expect(await readJob(meter.db, tenantId, id!)).toMatchObject({ id });
    expect(await readJobState(meter.db, tenantId, id!)).toBe("queued");
    expect(await readJobs(meter.db, tenantId, [id!])).toHaveLength(1);
    expect(meter.total().read).toBeLessThanOrEqual(8);
    const cancel = meterD1(env.DB);
    await cancel.db.batch(cancelJobs(cancel.db, tenantId, [id!], Date.now()));
    expect(cancel.total()).toMatchObject({ written: 1 });
    // Whoever cancels looks for all that may follow on it.
    expect(cancel.total().read).toBeLessThanOrEqual(36);
  });

  it("lists a page by its rows, and looks at no more than 5,000 for a filter that nothing matches", async () => {
    const page = meterD1(env.DB);
    expect((await listJobs(page.db, tenantId, {}, null, 25)).jobs).toHaveLength(25);
    expect(page.total().read).toBeLessThanOrEqual(30);
    const nothing = meterD1(env.DB);
    const empty = await listJobs(nothing.db, tenantId, { types: ["no-such-type"] }, null, 25);
    expect(empty.jobs).toHaveLength(0);
    expect(empty.nextAfter).not.toBeNull();
    expect(nothing.total().read).toBeLessThanOrEqual(5_010);
  });

  it("finds the tenants whose gates should look by a few rows each", async () => {
    const meter = meterD1(env.DB);
    const found = await findStrandedTenants(meter.db, { jobs: Date.now(), ticks: Date.now() }, "", 100);
    expect(found.map((place) => place.tenantId)).toContain(tenantId);
    expect(meter.total().read).toBeLessThanOrEqual(50);
  });

  it("lets a gate that starts answer within a second", async () => {
    const begun = Date.now();
    const admission = await gateOf(tenantId).enqueue([draft()]);
    expect(admission).toMatchObject({ kind: "backlog_full", limit: { name: "backlog", max: 100_000 } });
    expect(Date.now() - begun).toBeLessThan(1_000);
  });
});
