import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { tenantJobs } from "../../src/api/typed-jobs.ts";
import { readConfig } from "../../src/config.ts";
import { createRegistry } from "../../src/domain/registry.ts";
import { pokeStranded } from "../../src/maintenance/poke-stranded.ts";
import { runPlans } from "../../src/maintenance/run-plans.ts";
import { apiOf } from "../support/api.ts";
import { standingClock } from "../support/clock.ts";
import { draft } from "../support/drafts.ts";
import { finishedJobs } from "../support/finished-jobs.ts";
import { fireAlarm, gateOf, stubOf } from "../support/gate.ts";
import { handlers, starts } from "../support/handlers.ts";
import { releaseHeldJobs, runHeldJob } from "../support/held-jobs.ts";
import { operator } from "../support/operator.ts";
import { expectProblem } from "../support/problems.ts";
import { rowOf, setRow, statesOf } from "../support/rows.ts";
import { createSchedule, scheduleRow, tickAt } from "../support/schedules.ts";
import { interceptSends } from "../support/sends.ts";
import { createTenant } from "../support/tenants.ts";

afterEach(() => {
  releaseHeldJobs();
  vi.restoreAllMocks();
});

const suspend = async (id: string) =>
  expect(await operator.post(`/v1/tenants/${id}/suspend`)).toMatchObject({ status: 200, body: { state: "suspended" } });
const resume = async (id: string) =>
  expect(await operator.post(`/v1/tenants/${id}/resume`)).toMatchObject({ status: 200, body: { state: "active" } });
const several = (count: number, of: object = {}) => Array.from({ length: count }, () => draft(of));
const allSucceeded = (tenantId: string, count: number) =>
  vi.waitFor(async () => expect(await statesOf(tenantId)).toEqual({ succeeded: count }), 15_000);
const released = async (tenantId: string) =>
  env.DB.prepare("SELECT count(*) AS n FROM jobs WHERE tenant_id = ?1 AND released = 1").bind(tenantId).first("n");
const alarmOf = (tenantId: string) => runInDurableObject(stubOf(tenantId), (_, { storage }) => storage.getAlarm());

/** Has the Queue take messages, and deliver none. */
function sendNowhere(): { jobs: () => number } {
  const sends = interceptSends();
  const sent = () => sends.mock.calls.flatMap(([messages]) => messages.flatMap(({ body }) => body.jobIds));
  return { jobs: () => sent().length };
}

describe("a suspended tenant's gate", () => {
  it("calls back what nobody has claimed, keeps it, and runs all of it when it is resumed", async () => {
    const { id } = await createTenant({ concurrency: 3 });
    sendNowhere();
    await gateOf(id).enqueue([...several(3, { queue: "a" }), ...several(4, { queue: "b" })]);
    expect(await released(id)).toBe(3);
    await suspend(id);
    expect([await released(id), await statesOf(id)]).toEqual([0, { queued: 7 }]);
    vi.restoreAllMocks();
    await gateOf(id).poke();
    expect([await released(id), await statesOf(id)]).toEqual([0, { queued: 7 }]);
    await resume(id);
    await allSucceeded(id, 7);
  });

  it("has what runs go on to its end, and starts nothing after it", async () => {
    const tenant = await createTenant({ concurrency: 1 });
    const { id: running } = await runHeldJob(tenant);
    await gateOf(tenant.id).enqueue(several(2));
    await suspend(tenant.id);
    releaseHeldJobs();
    await vi.waitFor(async () => expect(await statesOf(tenant.id)).toEqual({ succeeded: 1, queued: 2 }), 10_000);
    expect((await rowOf(tenant.id, running)).state).toBe("succeeded");
    await gateOf(tenant.id).poke();
    expect(await released(tenant.id)).toBe(0);
    await resume(tenant.id);
    await allSucceeded(tenant.id, 3);
  });

  it("admits nothing, from the same Worker either", async () => {
    const { id } = await createTenant();
    await suspend(id);
    expect(await gateOf(id).enqueue([draft()])).toEqual({ kind: "tenant_suspended" });
    const deployment = { env, config: readConfig(env), registry: createRegistry(handlers) };
    const enqueued = tenantJobs(deployment, id).enqueue("noop", null);
    await expect(enqueued).rejects.toMatchObject({ code: "tenant_suspended", status: 403 });
    expect(await statesOf(id)).toEqual({});
  });

  it("has a job whose time has come wait, and needs no alarm for it", async () => {
    const { id } = await createTenant();
    const delayed = draft({ dueAt: Date.now() + 3_600_000 });
    await gateOf(id).enqueue([delayed]);
    await suspend(id);
    await setRow(id, delayed.id, { due_at: Date.now() - 1 });
    await gateOf(id).poke();
    expect(await rowOf(id, delayed.id)).toMatchObject({ state: "queued", released: 0, due_at: null });
    await fireAlarm(id);
    expect(await alarmOf(id)).toBeNull();
    await resume(id);
    await allSucceeded(id, 1);
  });

  it("does not start a job again whose Worker has died, before it is resumed", async () => {
    const tenant = await createTenant();
    const { id, name } = await runHeldJob(tenant);
    await suspend(tenant.id);
    await setRow(tenant.id, id, { lease_until: Date.now() - 1, due_at: Date.now() - 1 });
    await gateOf(tenant.id).poke();
    expect(await rowOf(tenant.id, id)).toMatchObject({ state: "queued", released: 0, crashes: 0, isolated: 1 });
    expect(starts.get(name)).toBe(1);
    releaseHeldJobs();
    await resume(tenant.id);
    await allSucceeded(tenant.id, 1);
    expect(starts.get(name)).toBe(2);
  });

  it("fires no schedule, does not look for one in vain, and goes on with it as it says about what was missed", async () => {
    const { id, name } = await createSchedule({ type: "noop", missed: "runOnce" });
    await suspend(id);
    await tickAt(id, name, Date.now() - 3_600_000);
    await gateOf(id).poke();
    await pokeStranded(env, Date.now());
    await fireAlarm(id);
    expect([await statesOf(id), await alarmOf(id)]).toEqual([{}, null]);
    expect((await scheduleRow(id, name)).next_at).toBeLessThan(Date.now());
    await resume(id);
    await allSucceeded(id, 1);
    expect((await scheduleRow(id, name)).next_at).toBeGreaterThan(Date.now());
  });

  it("has a replay of many jobs wait, and go on when it is resumed", async () => {
    const tenant = await createTenant();
    await finishedJobs(tenant.id, 3);
    const { body: plan } = await apiOf(tenant).post("/v1/replays", { type: "noop" });
    await env.DB.prepare("UPDATE plans SET state = 'running', per_second = 10, confirmed_at = ?2 WHERE tenant_id = ?1")
      .bind(tenant.id, Date.now())
      .run();
    const carryOn = () => runPlans(env, Date.now(), createRegistry(handlers));
    await suspend(tenant.id);
    await carryOn();
    expect(await statesOf(tenant.id)).toEqual({ failed: 3 });
    await resume(tenant.id);
    await carryOn();
    const { body: over } = await apiOf(tenant).get(`/v1/replays/${plan.id}`);
    expect(over).toMatchObject({ state: "finished", done: 3, failed: 0 });
  });

  it("stays suspended when it starts anew", async () => {
    const { id } = await createTenant();
    sendNowhere();
    await gateOf(id).enqueue(several(2));
    await suspend(id);
    await evictDurableObject(stubOf(id));
    await gateOf(id).poke();
    expect(await gateOf(id).enqueue([draft()])).toEqual({ kind: "tenant_suspended" });
    expect(await released(id)).toBe(0);
  });

  it("that was not told of a resume learns of it by who calls, within a minute", async () => {
    const { id } = await createTenant();
    const clock = standingClock();
    await suspend(id);
    expect((await gateOf(id).enqueue([draft()])).kind).toBe("tenant_suspended");
    await env.DB.prepare("UPDATE tenants SET suspended_at = NULL WHERE id = ?1").bind(id).run();
    expect((await gateOf(id).enqueue([draft()])).kind).toBe("tenant_suspended");
    clock.advance(60_001);
    await vi.waitFor(async () => expect((await gateOf(id).enqueue([draft()])).kind).toBe("admitted"), 5_000);
  });

  it("that does not run is not woken by the cron trigger for what waits", async () => {
    const { id } = await createTenant();
    sendNowhere();
    await gateOf(id).enqueue(several(2));
    await suspend(id);
    const getByName = vi.spyOn(env.GATES, "getByName");
    await pokeStranded(env, Date.now() + 86_400_000);
    expect(getByName.mock.calls.map(([name]) => name)).not.toContain(id);
    await resume(id);
    expect(await released(id)).toBe(2);
  });
});

describe("limits that are changed", () => {
  const change = async (id: string, limits: object) =>
    expect(await operator.patch(`/v1/tenants/${id}`, { limits })).toMatchObject({ status: 200 });

  it("of concurrency hold at once, up and down", async () => {
    const { id } = await createTenant({ concurrency: 2 });
    const sent = sendNowhere();
    await gateOf(id).enqueue(several(6));
    expect(await released(id)).toBe(2);
    await change(id, { concurrency: 5 });
    expect([await released(id), sent.jobs()]).toEqual([5, 5]);
    await change(id, { concurrency: 1 });
    await gateOf(id).enqueue([draft()]);
    expect(await released(id)).toBe(5);
  });

  it("of rate and burst hold at once, and what was spent stays spent", async () => {
    const { id } = await createTenant({ rate: 1, burst: 2 });
    sendNowhere();
    expect((await gateOf(id).enqueue(several(2))).kind).toBe("admitted");
    expect((await gateOf(id).enqueue(several(2))).kind).toBe("rate_limited");
    await change(id, { burst: 5, rate: 1 });
    expect(await gateOf(id).enqueue(several(3))).toMatchObject({ kind: "admitted", rate: { burst: 5 } });
    expect((await gateOf(id).enqueue(several(2))).kind).toBe("rate_limited");
    await change(id, { burst: null, rate: null });
    expect((await gateOf(id).enqueue(several(100))).kind).toBe("admitted");
    await change(id, { burst: 3 });
    expect(await gateOf(id).enqueue(several(4))).toEqual({ kind: "batch_exceeds_burst", max: 3 });
  });

  it("of the backlog hold at once, and count what waits already", async () => {
    const { id } = await createTenant({ backlog: 2, concurrency: 1 });
    sendNowhere();
    await gateOf(id).enqueue(several(3));
    expect((await gateOf(id).enqueue([draft()])).kind).toBe("backlog_full");
    await change(id, { backlog: 4 });
    expect((await gateOf(id).enqueue(several(2))).kind).toBe("admitted");
    expect((await gateOf(id).enqueue([draft()])).kind).toBe("backlog_full");
    await change(id, { backlog: 1 });
    expect((await gateOf(id).enqueue([draft()])).kind).toBe("backlog_full");
  });

  it("of the backlog count anew what was counted no further than the old limit", async () => {
    const { id } = await createTenant({ backlog: 10, concurrency: 1 });
    sendNowhere();
    await gateOf(id).enqueue(several(7));
    await change(id, { backlog: 2 });
    await evictDurableObject(stubOf(id));
    await gateOf(id).poke();
    await change(id, { backlog: 8 });
    expect((await gateOf(id).enqueue(several(2))).kind).toBe("admitted");
    expect((await gateOf(id).enqueue([draft()])).kind).toBe("backlog_full");
  });

  it("of the payload hold for the next call", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const echo = (bytes: number) => api.post("/v1/jobs", { type: "echo", payload: "x".repeat(bytes - 2) });
    expect((await echo(2_001)).status).toBe(202);
    await change(tenant.id, { maxPayloadBytes: 2_000 });
    expect((await echo(2_000)).status).toBe(202);
    expectProblem(await echo(2_001), "payload_too_large");
    // Before it is parsed, when it is larger than anything beside it could explain.
    expectProblem(await echo(100_000), "payload_too_large");
    const deployment = { env, config: readConfig(env), registry: createRegistry(handlers) };
    const enqueued = tenantJobs(deployment, tenant.id).enqueue("echo", "x".repeat(2_001));
    await expect(enqueued).rejects.toMatchObject({ code: "payload_too_large" });
    await change(tenant.id, { maxPayloadBytes: 6_000_000 });
    expect((await echo(5_500_000)).status).toBe(202);
  });
});
