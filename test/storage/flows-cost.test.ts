import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { moveOn } from "../../src/domain/overdue.ts";
import { type StoredStep, storedChain } from "../../src/protocol/chain.ts";
import type { GroupDraft } from "../../src/protocol/groups.ts";
import { newJobId } from "../../src/protocol/new-job-id.ts";
import { cancelJobs } from "../../src/storage/change-jobs.ts";
import { type ClaimedJob, claimJobs } from "../../src/storage/claim-jobs.ts";
import { type Finish, findFinished, finishJobs } from "../../src/storage/finish-jobs.ts";
import { type GateFence, raiseFence } from "../../src/storage/gate-fence.ts";
import { insertGroups } from "../../src/storage/insert-groups.ts";
import { insertJobs } from "../../src/storage/insert-jobs.ts";
import { findMembers, readGroup } from "../../src/storage/job-groups.ts";
import { findOverdue, moveOverdue } from "../../src/storage/overdue-jobs.ts";
import { draft } from "../support/drafts.ts";
import { fillTenant } from "../support/fixture-jobs.ts";
import { followersOf } from "../support/flows.ts";
import { meterD1 } from "../support/metered-d1.ts";
import { rowOf } from "../support/rows.ts";
import { createTenant } from "../support/tenants.ts";

let tenantId: string;
let fence: GateFence;

beforeAll(async () => {
  tenantId = (await createTenant()).id;
  await fillTenant(tenantId, { waiting: 20_000, scheduled: 20_000, dueAt: Date.now() + 86_400_000 });
  fence = (await raiseFence(env.DB, tenantId))!.fence;
}, 60_000);

const later = () => Date.now() + 60_000;
const times = () => ({ now: Date.now(), claimBy: later() });

function step(overrides: Partial<StoredStep> = {}): StoredStep {
  const { queue, priority, maxAttempts, timeoutMs, backoff } = draft();
  const key = newJobId().slice("01234567-89ab-".length);
  const content = { type: "noop", payload: "{}", payloadBytes: 2, callback: null, blobs: [] };
  const timing = { delayMs: 0, expireInMs: null };
  return { key, queue, priority, maxAttempts, timeoutMs, backoff, solo: 0, ...content, ...timing, ...overrides };
}

function newGroup(overrides: Partial<GroupDraft> = {}): GroupDraft {
  const none = { name: null, onComplete: null, parentId: null };
  return { id: newJobId(), onFailure: "continue", types: ["noop"], ...none, ...overrides };
}

/** Inserts released jobs, of a group if one is given, and claims them. */
async function running(
  count: number,
  overrides: () => object = () => ({}),
  group?: GroupDraft,
  db = env.DB,
): Promise<ClaimedJob[]> {
  const placed = Array.from({ length: count }, () => ({
    draft: draft({ ...overrides(), groupId: group?.id ?? null }),
    call: 0,
    released: true,
  }));
  const jobIds = placed.map((one) => one.draft.id);
  await db.batch([
    ...insertJobs(db, tenantId, placed, times()),
    ...insertGroups(db, tenantId, group ? [{ group, jobIds }] : [], Date.now()),
  ]);
  const refs = jobIds.map((id) => ({ tenantId, id }));
  return claimJobs(db, refs, { token: "token", now: Date.now(), leaseGraceMs: 10_000, isolated: false });
}

function ended(job: ClaimedJob, overrides: Partial<Finish> = {}): Finish {
  const { id, attempt, callbackOn, nextOn, groupId } = job;
  const now = Date.now();
  const end = { dueAt: null, finishedAt: now, endedAt: now, failed: false } as const;
  const content = { result: '"done"', resultBlob: null, blobs: [], error: null };
  return { tenantId, id, attempt, callbackOn, nextOn, groupId, state: "succeeded", ...end, ...content, ...overrides };
}

const failed = { state: "failed", failed: true, result: null, error: '{"name":"Error","message":"no"}' } as const;

describe("a chain", () => {
  const chain = () => ({ next: storedChain([step(), step()], step()) });

  it("writes two rows more for each job that follows, whoever ends the one before it", async () => {
    const jobs = await running(100, chain);
    expect(jobs[0]).toMatchObject({ nextOn: "both", previous: null, callbackOn: null, groupId: null });
    const [meter, again] = [meterD1(env.DB), meterD1(env.DB)];
    const finishes = jobs.map((job) => ended(job));
    const finished = await finishJobs(meter.db, finishes);
    expect(finished.map(({ followUps }) => followUps)).toEqual(jobs.map(() => 1));
    expect(meter.costs.map((cost) => cost.written)).toEqual([100, 200, 0]);
    expect(meter.total().read).toBeLessThanOrEqual(100 * 26);
    expect(await finishJobs(again.db, finishes)).toEqual([]);
    expect(again.total().written).toBe(0);
    expect(await findFinished(env.DB, finishes)).toMatchObject(finishes.map(() => ({ followUps: 1 })));
    const [cancelled] = await running(1, chain);
    await env.DB.prepare("UPDATE jobs SET state = 'queued', lease_until = NULL WHERE id = ?1")
      .bind(cancelled!.id)
      .run();
    const cancel = meterD1(env.DB);
    await cancel.db.batch(cancelJobs(cancel.db, tenantId, [cancelled!.id], Date.now()));
    expect(cancel.total().written).toBe(1 + 2);
  });

  it("writes one row more where what is handed on is kept in R2", async () => {
    const [job] = await running(1, chain);
    const meter = meterD1(env.DB);
    await finishJobs(meter.db, [ended(job!, { result: null, resultBlob: `${tenantId}/${job!.id}/result-1` })]);
    expect(meter.total().written).toBe(1 + 3);
  });

  it("writes nothing more when the attempt fails, but is to be tried again", async () => {
    const [job] = await running(1, chain);
    const meter = meterD1(env.DB);
    const retrying = { ...failed, state: "retrying", finishedAt: null, dueAt: later() } as const;
    await finishJobs(meter.db, [ended(job!, retrying)]);
    expect(meter.costs.slice(1).map((cost) => cost.written)).toEqual([0, 0]);
    expect(await followersOf(tenantId, job!.id)).toEqual([]);
  });

  it("makes no statement more to finish jobs on which nothing follows", async () => {
    const [job] = await running(1);
    const meter = meterD1(env.DB);
    await finishJobs(meter.db, [ended(job!)]);
    expect(meter.costs.map((cost) => cost.written)).toEqual([1]);
  });
});

describe("a group", () => {
  it("writes one row more for each member, and two for itself", async () => {
    const insert = meterD1(env.DB);
    const jobs = await running(100, undefined, newGroup(), insert.db);
    // The jobs, each in three places instead of two; the group; the claim.
    expect(insert.costs.map((cost) => cost.written)).toEqual([300, 1, 100]);
    const most = meterD1(env.DB);
    await finishJobs(
      most.db,
      jobs.slice(1).map((job) => ended(job)),
    );
    expect(most.costs.map((cost) => cost.written)).toEqual([99, 0, 0, 0, 0]);
    expect(most.total().read).toBeLessThanOrEqual(99 * 30);
    const last = meterD1(env.DB);
    await finishJobs(last.db, [ended(jobs[0]!)]);
    expect(last.costs.map((cost) => cost.written)).toEqual([1, 0, 1, 0, 0]);
  });

  it("writes two rows more for the job that follows on it, and one for each member that fails", async () => {
    const group = newGroup({ onComplete: JSON.stringify(step()) });
    const [first, second] = await running(2, undefined, group);
    const failure = meterD1(env.DB);
    await finishJobs(failure.db, [ended(first!, failed)]);
    // The job, its place among the group's that failed, and among the dead letters.
    expect(failure.total().written).toBe(3);
    const last = meterD1(env.DB);
    const [finish] = await finishJobs(last.db, [ended(second!)]);
    expect(last.total().written).toBe(1 + 1 + 2);
    expect(finish).toMatchObject({ followUps: 1 });
    const counted = { group: group.id, name: null, total: 2, succeeded: 1, failed: 1, cancelled: 0, stopped: false };
    const [job] = await followersOf(tenantId, second!.id);
    expect(JSON.parse(String(job!["previous"]))).toEqual(counted);
  });

  it("reads one row to see that it goes on, and no more rows than it has members to be counted", async () => {
    const group = newGroup();
    const jobs = (await Promise.all(Array.from({ length: 5 }, () => running(1_000, undefined, group)))).flat();
    await env.DB.prepare("UPDATE job_groups SET total = 5000 WHERE tenant_id = ?1 AND id = ?2")
      .bind(tenantId, group.id)
      .run();
    const one = meterD1(env.DB);
    await finishJobs(one.db, [ended(jobs[0]!)]);
    expect(one.total()).toMatchObject({ written: 1 });
    expect(one.total().read).toBeLessThanOrEqual(40);
    await finishJobs(
      env.DB,
      jobs.slice(1, 1_000).map((job) => ended(job, failed)),
    );
    const read = meterD1(env.DB);
    expect(await readGroup(read.db, tenantId, group.id)).toMatchObject({
      open: 4_000,
      failed: 1_000 - 1,
      cancelled: 0,
    });
    expect(read.total().read).toBeLessThanOrEqual(5_000 + 20);
    const list = meterD1(env.DB);
    expect(await findMembers(list.db, tenantId, group.id, { states: ["failed"] }, null, 26)).toHaveLength(26);
    expect(list.total().read).toBeLessThanOrEqual(3 * 1_000 + 10);
    for (let at = 1_000; at < 5_000; at += 1_000) {
      const rest = meterD1(env.DB);
      await finishJobs(
        rest.db,
        jobs.slice(at, at + 1_000).map((job) => ended(job)),
      );
      expect(rest.total().read).toBeLessThanOrEqual(1_000 * 32);
    }
    const complete = meterD1(env.DB);
    expect(await readGroup(complete.db, tenantId, group.id)).toMatchObject({ open: 0, failed: 999 });
    expect(complete.total().read).toBeLessThanOrEqual(2);
  });

  it("is ended by exactly one of those that end its last jobs at once", async () => {
    for (let round = 0; round < 10; round++) {
      const group = newGroup({ onComplete: JSON.stringify(step()) });
      const jobs = await running(8, undefined, group);
      const told = await Promise.all(jobs.map((job) => finishJobs(env.DB, [ended(job)])));
      expect(told.flat().reduce((sum, { followUps = 0 }) => sum + followUps, 0)).toBe(1);
      const followed = await Promise.all(jobs.map(({ id }) => followersOf(tenantId, id)));
      expect(followed.flat()).toHaveLength(1);
    }
  });

  it("is stopped with one row more, and its other members found by about as many rows as there are", async () => {
    const group = newGroup({ onFailure: "stop" });
    const [first, ...others] = await running(100, undefined, group);
    const waits = "UPDATE jobs SET state = 'retrying', released = 0, due_at = ?2, lease_until = NULL WHERE id = ?1";
    await env.DB.batch(others.map(({ id }) => env.DB.prepare(waits).bind(id, later())));
    const stop = meterD1(env.DB);
    const [finish] = await finishJobs(stop.db, [ended(first!, failed)]);
    expect(finish).toMatchObject({ looksAgain: true });
    // The group in its place, and among those that are being stopped.
    expect(stop.costs.map((cost) => cost.written)).toEqual([3, 2, 0, 0, 0]);
    const find = meterD1(env.DB);
    const now = Date.now();
    const found = (await findOverdue(find.db, tenantId, now, 500)).filter(({ stopped }) => stopped === 1);
    expect(found).toHaveLength(99);
    expect(find.total().read).toBeLessThanOrEqual(99 * 4 + 120);
    const policy = { now, pickupWindowMs: 60_000, crashLimit: 3 };
    const moves = found.map((job) => ({ job, to: moveOn(job, true, policy) }));
    const move = meterD1(env.DB);
    expect((await moveOverdue(move.db, fence, moves, now, later())).ids.size).toBe(99);
    // Each, and each among those that have failed; then the group.
    expect(move.total().written).toBe(99 * 2 + 1);
    expect(await readGroup(env.DB, tenantId, group.id)).toMatchObject({ failed: 1, cancelled: 99, open: 0 });
    expect(await rowOf(tenantId, others[0]!.id)).toMatchObject({ cancel_reason: "group_stopped" });
    const none = meterD1(env.DB);
    await findOverdue(none.db, tenantId, now, 500);
    expect(none.total().read).toBeLessThanOrEqual(120);
  });
});

describe("children", () => {
  const childrenOf = (job: ClaimedJob, count: number, group?: GroupDraft) => ({
    drafts: Array.from({ length: count }, () => draft({ parentId: job.id, groupId: group?.id ?? null })),
    groups: group ? [group] : [],
  });

  it("write two rows each with the success of their parent, three in a group", async () => {
    const [job] = await running(1);
    const finish = ended(job!, { children: childrenOf(job!, 100) });
    const meter = meterD1(env.DB);
    expect(await finishJobs(meter.db, [finish])).toMatchObject([{ followUps: 100 }]);
    expect(meter.costs.map((cost) => cost.written)).toEqual([1, 200]);
    expect(meter.total().read).toBeLessThanOrEqual(100 * 5 + 10);
    const again = meterD1(env.DB);
    expect(await finishJobs(again.db, [finish])).toEqual([]);
    expect(again.total().written).toBe(0);
    expect(await findFinished(env.DB, [finish])).toMatchObject([{ followUps: 100 }]);
    const [other] = await running(1);
    const grouped = meterD1(env.DB);
    await finishJobs(grouped.db, [ended(other!, { children: childrenOf(other!, 100, newGroup()) })]);
    expect(grouped.costs.map((cost) => cost.written)).toEqual([1, 300, 1]);
  });

  it("are nobody's when the attempt is not the one that runs, or somebody else has ended it", async () => {
    const [job] = await running(1);
    const late = ended(job!, { attempt: 2, children: childrenOf(job!, 2, newGroup()) });
    const meter = meterD1(env.DB);
    expect(await finishJobs(meter.db, [late])).toEqual([]);
    expect(meter.total().written).toBe(0);
    await finishJobs(env.DB, [ended(job!, failed)]);
    await finishJobs(meter.db, [ended(job!, { children: childrenOf(job!, 2) })]);
    expect(meter.total().written).toBe(0);
  });
});
