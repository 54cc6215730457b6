import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { nextTick } from "../../src/domain/cron.ts";
import { tickJobId } from "../../src/protocol/tick-job-id.ts";
import { raiseFence } from "../../src/storage/gate-fence.ts";
import { readSlots } from "../../src/storage/gate-state.ts";
import { faultyBatches } from "../support/d1-faults.ts";
import { draft } from "../support/drafts.ts";
import { allEnded, followersOf } from "../support/flows.ts";
import { fireAlarm, gateOf, stubOf } from "../support/gate.ts";
import { hold } from "../support/handlers.ts";
import { releaseHeldJobs } from "../support/held-jobs.ts";
import { rowOf, statesOf } from "../support/rows.ts";
import { createSchedule, fillSchedules, scheduleRow, tickAt } from "../support/schedules.ts";
import { createTenant } from "../support/tenants.ts";

afterEach(() => {
  vi.restoreAllMocks();
  releaseHeldJobs();
});

const AT = "/v1/schedules/nightly";
const held = (name: string) => ({ type: "held", payload: { name } });
const secondsAgo = (seconds: number) => Math.floor(Date.now() / 1_000 - seconds) * 1_000;
const newYear = (yearsAgo: number) => Date.UTC(new Date().getUTCFullYear() - yearsAgo, 0, 1);
const alarmOf = (id: string) => runInDurableObject(stubOf(id), (_, { storage }) => storage.getAlarm());
const epochOf = (id: string) =>
  env.DB.prepare("SELECT gate_epoch FROM tenants WHERE id = ?1").bind(id).first<number>("gate_epoch");
const jobIds = async (id: string) =>
  (await env.DB.prepare("SELECT id FROM jobs WHERE tenant_id = ?1 ORDER BY id").bind(id).raw<[string]>()).flat();
const allSucceeded = (id: string, count: number) =>
  vi.waitFor(async () => expect(await statesOf(id)).toEqual({ succeeded: count }), 10_000);

/** Lets the schedule tick at this time, and its gate see that. */
async function tick({ id, name }: { id: string; name: string }, time = secondsAgo(2)): Promise<string> {
  await tickAt(id, name, time);
  await fireAlarm(id);
  return tickJobId(id, name, time);
}

describe("a schedule that ticks", () => {
  it("enqueues its job, goes on to its next tick, and has its gate woken for that", async () => {
    const { api, ...schedule } = await createSchedule({ type: "greet", payload: { name: "Ada" }, queue: "reports" });
    const at = secondsAgo(2);
    const jobId = await tick(schedule, at);
    const { body: job } = await api.get(`/v1/jobs/${jobId}?wait=10`);
    expect(job).toMatchObject({ state: "succeeded", queue: "reports", result: "hello Ada" });
    const { body } = await api.get(AT);
    expect(body.lastRun).toEqual({ at: new Date(at).toISOString(), jobId });
    expect(await scheduleRow(schedule.id, "nightly")).toMatchObject({ next_at: newYear(-1), last_job_id: jobId });
    // First it guards the job; then nothing but the tick is left.
    await fireAlarm(schedule.id);
    expect(await alarmOf(schedule.id)).toBe(newYear(-1));
  });

  it("is followed by a chain of its own at each tick, once", async () => {
    const then = [
      { type: "relay", payload: "one" },
      { type: "relay", payload: "two" },
    ];
    const onFailure = { type: "noop" };
    const schedule = await createSchedule({ type: "greet", payload: { name: "Ada" }, then, onFailure });
    const ticks: string[] = [];
    for (const seconds of [9, 3]) {
      const at = secondsAgo(seconds);
      ticks.push(await tick(schedule, at), await tick(schedule, at));
      await allEnded(schedule.id);
    }
    expect(new Set(ticks).size).toBe(2);
    const jobs = await allEnded(schedule.id);
    expect(jobs).toHaveLength(6);
    const keys = jobs.flatMap(({ next }) =>
      (JSON.parse(String(next))?.steps ?? []).map((step: { key: string }) => step.key),
    );
    expect(new Set(keys).size).toBe(4);
    for (const id of new Set(ticks)) {
      const [first] = await followersOf(schedule.id, id);
      const [second] = await followersOf(schedule.id, first!.id);
      expect(JSON.parse(String(first!["result"]))).toEqual({ payload: "one", previous: "hello Ada" });
      expect(JSON.parse(String(second!["result"]))).toMatchObject({ payload: "two", previous: { payload: "one" } });
    }
  });

  it("is followed by what is to follow on a failure", async () => {
    const onFailure = { type: "relay", payload: "undo" };
    const schedule = await createSchedule({
      type: "fatal",
      payload: { name: "x" },
      then: [{ type: "noop" }],
      onFailure,
    });
    const id = await tick(schedule);
    await allEnded(schedule.id);
    expect(await followersOf(schedule.id, id)).toMatchObject([{ type: "relay", payload: '"undo"' }]);
  });

  it("does so within a second of its time, each second anew", async () => {
    const { api, ...schedule } = await createSchedule({ cron: "* * * * * *" });
    await vi.waitFor(async () => expect((await jobIds(schedule.id)).length).toBeGreaterThanOrEqual(3), {
      timeout: 10_000,
      interval: 100,
    });
    await api.delete(AT);
    const rows = await Promise.all((await jobIds(schedule.id)).map((id) => rowOf(schedule.id, id)));
    const ticks = rows.map(({ id }) => Number.parseInt((id as string).replace("-", "").slice(0, 12), 16));
    const late = rows.map((row, index) => Number(row["created_at"]) - ticks[index]!).toSorted((a, b) => a - b);
    expect(late[0]).toBeGreaterThanOrEqual(0);
    // A busy machine may hold up one of them.
    expect(late.at(-2)).toBeLessThan(1_000);
    expect(ticks).toEqual(ticks.map((_, index) => ticks[0]! + index * 1_000));
  });

  it("takes no part in the rate limit", async () => {
    const schedule = await createSchedule({}, { rate: 1, burst: 1 });
    for (const seconds of [9, 6, 3]) await tick(schedule, secondsAgo(seconds));
    await allSucceeded(schedule.id, 3);
  });

  it("has its job wait for room when there is none", async () => {
    const schedule = await createSchedule({}, { concurrency: 1 });
    const done = hold(schedule.id);
    await gateOf(schedule.id).enqueue([draft({ type: "held", payload: JSON.stringify({ name: schedule.id }) })]);
    const jobId = await tick(schedule);
    expect(await rowOf(schedule.id, jobId)).toMatchObject({ state: "queued", released: 0, due_at: null });
    done.resolve();
    await allSucceeded(schedule.id, 2);
  });

  it("takes a slot only while there is one, as any job", async () => {
    const { id } = await createTenant({ concurrency: 2 });
    const done = hold(id);
    const { id: _, dueAt: __, expiresAt: ___, ...job } = draft({ type: "held", payload: JSON.stringify({ name: id }) });
    await fillSchedules(id, { count: 5, nextAt: secondsAgo(5), draft: { ...job, expireInMs: null } });
    await gateOf(id).poke();
    await vi.waitFor(async () => expect(await statesOf(id)).toEqual({ running: 2, queued: 3 }));
    await gateOf(id).enqueue([draft()]);
    expect(await readSlots(env.DB, id)).toHaveLength(2);
    done.resolve();
    await allSucceeded(id, 6);
  });

  it("waits itself while the backlog is full, and is missed after a minute", async () => {
    vi.spyOn(console, "warn").mockReturnValue();
    const schedule = await createSchedule({}, { concurrency: 1, backlog: 1 });
    const done = hold(schedule.id);
    const job = () => draft({ type: "held", payload: JSON.stringify({ name: schedule.id }) });
    await gateOf(schedule.id).enqueue([job(), job()]);
    const [late, missed] = [secondsAgo(50), secondsAgo(70)];
    await tick(schedule, late);
    expect(await jobIds(schedule.id)).toHaveLength(2);
    expect(await scheduleRow(schedule.id, "nightly")).toMatchObject({ next_at: late, last_tick: null });
    expect(await alarmOf(schedule.id)).toBeGreaterThan(Date.now());
    await tick(schedule, missed);
    expect(await scheduleRow(schedule.id, "nightly")).toMatchObject({ next_at: newYear(-1), last_tick: null });
    await tickAt(schedule.id, "nightly", late);
    done.resolve();
    await allSucceeded(schedule.id, 2);
    await fireAlarm(schedule.id);
    await allSucceeded(schedule.id, 3);
  });

  it("has a job that expires", async () => {
    const schedule = await createSchedule({ expireIn: "1h" });
    const { created_at: created, expires_at: expires } = await rowOf(schedule.id, await tick(schedule));
    expect(expires).toBe(Number(created) + 3_600_000);
  });

  it("goes on to the next tick of its cron in its timezone", async () => {
    const schedule = await createSchedule({ cron: "30 2 * * *", timezone: "Europe/Berlin" });
    await tick(schedule);
    expect((await scheduleRow(schedule.id, "nightly"))["next_at"]).toBe(
      nextTick("30 2 * * *", "Europe/Berlin", Date.now()),
    );
  });

  it("is one of many that tick together", async () => {
    const { id } = await createTenant();
    const { id: _, dueAt: __, expiresAt: ___, ...job } = draft();
    await fillSchedules(id, { count: 250, nextAt: secondsAgo(5), draft: { ...job, expireInMs: null } });
    await gateOf(id).poke();
    expect(await jobIds(id)).toHaveLength(250);
    await allSucceeded(id, 250);
  });
});

describe("one job per tick", () => {
  it("is enqueued when the alarm fires twice", async () => {
    const schedule = await createSchedule();
    const jobId = await tick(schedule);
    await Promise.all([gateOf(schedule.id).poke(), fireAlarm(schedule.id)]);
    expect(await jobIds(schedule.id)).toEqual([jobId]);
  });

  it("is enqueued when the schedule did not go on after the job was stored", async () => {
    const schedule = await createSchedule();
    const at = secondsAgo(2);
    const jobId = await tick(schedule, at);
    await allSucceeded(schedule.id, 1);
    await evictDurableObject(stubOf(schedule.id));
    await tick(schedule, at);
    expect(await jobIds(schedule.id)).toEqual([jobId]);
    expect(await rowOf(schedule.id, jobId)).toMatchObject({ state: "succeeded", attempt: 1 });
    expect(await scheduleRow(schedule.id, "nightly")).toMatchObject({ next_at: newYear(-1) });
  });

  it.each(["before", "after"] as const)("is enqueued when the connection is lost %s the commit", async (moment) => {
    vi.spyOn(console, "error").mockReturnValue();
    const schedule = await createSchedule();
    faultyBatches("UPDATE schedules", (call) => (call === 1 ? moment : undefined));
    const jobId = await tick(schedule);
    await vi.waitFor(async () => expect(await jobIds(schedule.id)).toEqual([jobId]), { timeout: 10_000, interval: 50 });
    await allSucceeded(schedule.id, 1);
    expect(await rowOf(schedule.id, jobId)).toMatchObject({ attempt: 1 });
    expect(await scheduleRow(schedule.id, "nightly")).toMatchObject({ last_job_id: jobId, next_at: newYear(-1) });
  });

  it("is enqueued by the newer of two gates", async () => {
    vi.spyOn(console, "warn").mockReturnValue();
    const schedule = await createSchedule();
    await gateOf(schedule.id).enqueue([draft()]);
    await allSucceeded(schedule.id, 1);
    const { epoch } = (await raiseFence(env.DB, schedule.id))!.fence;
    const jobId = await tick(schedule);
    await allSucceeded(schedule.id, 2);
    expect(await jobIds(schedule.id)).toContain(jobId);
    expect(await epochOf(schedule.id)).toBe(epoch + 1);
  });
});

describe("a schedule whose last job has not finished", () => {
  it("enqueues no other when it is not to overlap, and again once that has ended", async () => {
    const { api, ...schedule } = await createSchedule({ overlap: "skip", ...held("overlap-skip") });
    const done = hold("overlap-skip");
    const first = await tick(schedule, secondsAgo(9));
    const skipped = secondsAgo(6);
    await tick(schedule, skipped);
    expect(await jobIds(schedule.id)).toEqual([first]);
    expect(await scheduleRow(schedule.id, "nightly")).toMatchObject({ last_job_id: first, next_at: newYear(-1) });
    expect((await api.get(AT)).body.lastRun.jobId).toBe(first);
    done.resolve();
    await allSucceeded(schedule.id, 1);
    const third = await tick(schedule, secondsAgo(3));
    expect(await jobIds(schedule.id)).toEqual([first, third]);
    await allSucceeded(schedule.id, 2);
  });

  it("enqueues the next one beside it otherwise", async () => {
    const schedule = await createSchedule(held("overlap-allow"));
    const done = hold("overlap-allow");
    await tick(schedule, secondsAgo(9));
    await tick(schedule, secondsAgo(6));
    expect(await jobIds(schedule.id)).toHaveLength(2);
    done.resolve();
    await allSucceeded(schedule.id, 2);
  });

  it("enqueues its next one when the last is no longer kept", async () => {
    const schedule = await createSchedule({ overlap: "skip" });
    const first = await tick(schedule, secondsAgo(9));
    await allSucceeded(schedule.id, 1);
    await env.DB.prepare("DELETE FROM jobs WHERE tenant_id = ?1 AND id = ?2").bind(schedule.id, first).run();
    expect(await jobIds(schedule.id)).toEqual([]);
    const second = await tick(schedule, secondsAgo(6));
    expect(await jobIds(schedule.id)).toEqual([second]);
  });
});

describe("ticks that were missed", () => {
  it("are skipped", async () => {
    vi.spyOn(console, "warn").mockReturnValue();
    const schedule = await createSchedule();
    await tick(schedule, newYear(2));
    expect(await jobIds(schedule.id)).toEqual([]);
    expect(await scheduleRow(schedule.id, "nightly")).toMatchObject({ next_at: newYear(-1), last_tick: null });
  });

  it("are made up for by one job for the latest of them, if asked for", async () => {
    const schedule = await createSchedule({ missed: "runOnce" });
    await tick(schedule, newYear(2));
    expect(await jobIds(schedule.id)).toEqual([await tickJobId(schedule.id, "nightly", newYear(0))]);
    await allSucceeded(schedule.id, 1);
  });

  it("are none while a schedule is paused, and when it gets another cron", async () => {
    const { api, ...schedule } = await createSchedule({ missed: "runOnce" });
    await tickAt(schedule.id, "nightly", newYear(2));
    await api.post(`${AT}/pause`);
    await gateOf(schedule.id).poke();
    await api.post(`${AT}/resume`);
    await gateOf(schedule.id).poke();
    await tickAt(schedule.id, "nightly", newYear(2));
    await api.put(AT, { cron: "0 0 2 1 *", type: "noop", missed: "runOnce" });
    await gateOf(schedule.id).poke();
    expect(await jobIds(schedule.id)).toEqual([]);
  });
});

describe("a tick that is due", () => {
  it("still comes when the schedule is put anew with the same time", async () => {
    const { api, ...schedule } = await createSchedule();
    const at = secondsAgo(2);
    await tickAt(schedule.id, "nightly", at);
    await api.put(AT, { cron: "0 0 1 1 *", type: "greet", payload: { name: "Grace" } });
    // Its alarm fires by itself by now.
    await gateOf(schedule.id).poke();
    const jobId = await tickJobId(schedule.id, "nightly", at);
    expect((await api.get(`/v1/jobs/${jobId}?wait=10`)).body).toMatchObject({ result: "hello Grace" });
  });

  it("does not come once the schedule is deleted", async () => {
    const { api, ...schedule } = await createSchedule();
    await tickAt(schedule.id, "nightly", secondsAgo(2));
    await api.delete(AT);
    await gateOf(schedule.id).poke();
    expect(await jobIds(schedule.id)).toEqual([]);
  });

  it("is found by the cron trigger when its gate was never told", async () => {
    const { id } = await createTenant();
    const { id: _, dueAt: __, expiresAt: ___, ...job } = draft();
    await fillSchedules(id, { count: 1, nextAt: secondsAgo(2), draft: { ...job, expireInMs: null } });
    expect(await alarmOf(id)).toBeNull();
    const { default: worker } = await import("../support/worker.ts");
    await worker.scheduled({ scheduledTime: Date.now(), cron: "* * * * *", noRetry: () => undefined }, env);
    await allSucceeded(id, 1);
  });

  it("is found by the cron trigger when telling its gate has failed", async () => {
    vi.spyOn(console, "warn").mockReturnValue();
    const getByName = vi.spyOn(env.GATES, "getByName").mockImplementation(() => {
      throw new Error("the object is out of reach");
    });
    const schedule = await createSchedule();
    getByName.mockRestore();
    expect(await alarmOf(schedule.id)).toBeNull();
    await tickAt(schedule.id, "nightly", secondsAgo(2));
    const { default: worker } = await import("../support/worker.ts");
    await worker.scheduled({ scheduledTime: Date.now(), cron: "* * * * *", noRetry: () => undefined }, env);
    await allSucceeded(schedule.id, 1);
  });
});

describe("a gate that sleeps", () => {
  it("is not started by an alarm before the next tick, and is woken by that", async () => {
    const schedule = await createSchedule();
    expect(await epochOf(schedule.id)).toBe(0);
    await fireAlarm(schedule.id);
    expect(await epochOf(schedule.id)).toBe(0);
    expect(await alarmOf(schedule.id)).toBe(newYear(-1));
    await tick(schedule);
    expect(await epochOf(schedule.id)).toBe(1);
    await allSucceeded(schedule.id, 1);
    await evictDurableObject(stubOf(schedule.id));
    await fireAlarm(schedule.id);
    expect(await epochOf(schedule.id)).toBe(1);
    expect(await alarmOf(schedule.id)).toBe(newYear(-1));
  });
});

describe("a schedule that cannot tick", () => {
  it("does not keep others from it: a job that D1 refuses is left out", async () => {
    const error = vi.spyOn(console, "error").mockReturnValue();
    const schedule = await createSchedule();
    await env.DB.prepare(
      `INSERT INTO schedules SELECT tenant_id, 'bad', cron, timezone, overlap, missed, paused, ?2, last_tick, last_job_id,
         created_at, updated_at, json_set(draft, '$.priority', 'high') FROM schedules WHERE tenant_id = ?1`,
    )
      .bind(schedule.id, secondsAgo(3))
      .run();
    const jobId = await tick(schedule);
    expect(await jobIds(schedule.id)).toEqual([jobId]);
    expect(await scheduleRow(schedule.id, "bad")).toMatchObject({ next_at: newYear(-1), last_tick: null });
    expect(String(error.mock.calls)).toContain("a schedule's job was refused");
    await allSucceeded(schedule.id, 1);
  });

  it("does not keep others from it: a cron that is not understood stops", async () => {
    const error = vi.spyOn(console, "error").mockReturnValue();
    const schedule = await createSchedule();
    await env.DB.prepare(
      `INSERT INTO schedules SELECT tenant_id, 'bad', 'soon', timezone, overlap, missed, paused, ?2, last_tick, last_job_id,
         created_at, updated_at, draft FROM schedules WHERE tenant_id = ?1`,
    )
      .bind(schedule.id, secondsAgo(3))
      .run();
    const jobId = await tick(schedule);
    expect(await jobIds(schedule.id)).toEqual([jobId]);
    expect(await scheduleRow(schedule.id, "bad")).toMatchObject({ next_at: null });
    expect(String(error.mock.calls)).toContain("a schedule has stopped");
    await allSucceeded(schedule.id, 1);
  });
});
