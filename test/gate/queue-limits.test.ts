import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { newJobId } from "../../src/protocol/new-job-id.ts";
import type { QueueMessage } from "../../src/protocol/queue-message.ts";
import { readSlots } from "../../src/storage/gate-state.ts";
import { onCall } from "../cost/on-call.ts";
import { apiOf } from "../support/api.ts";
import { standingClock } from "../support/clock.ts";
import { faultyWrites } from "../support/d1-faults.ts";
import { draft } from "../support/drafts.ts";
import { fireAlarm, gateOf, stubOf } from "../support/gate.ts";
import { hold, starts } from "../support/handlers.ts";
import { releaseHeldJobs } from "../support/held-jobs.ts";
import { rowOf, setRow, statesOf } from "../support/rows.ts";
import { captureSends, interceptSends } from "../support/sends.ts";
import { createTenant } from "../support/tenants.ts";

type Tenant = Awaited<ReturnType<typeof createTenant>>;

afterEach(() => {
  releaseHeldJobs();
  vi.restoreAllMocks();
});

const path = (name: string) => `/v1/queues/${encodeURIComponent(name)}`;
const held = (name: string, queue: string) => draft({ type: "held", queue, payload: JSON.stringify({ name }) });
const several = (count: number, queue: string) => Array.from({ length: count }, () => draft({ queue }));
const allSucceeded = (tenantId: string, count: number) =>
  vi.waitFor(async () => expect(await statesOf(tenantId)).toEqual({ succeeded: count }), 15_000);

async function set(tenant: Tenant, name: string, settings: object): Promise<void> {
  const { status } = await apiOf(tenant).put(path(name), settings);
  expect([200, 201]).toContain(status);
}

async function pause(tenant: Tenant, name: string): Promise<void> {
  expect([200, 201]).toContain((await apiOf(tenant).post(`${path(name)}/pause`)).status);
}

async function resume(tenant: Tenant, name: string): Promise<void> {
  expect((await apiOf(tenant).post(`${path(name)}/resume`)).status).toBe(200);
}

/** How many jobs of each queue are released or running. */
async function inFlight(tenantId: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { queue } of await readSlots(env.DB, tenantId)) counts[queue] = (counts[queue] ?? 0) + 1;
  return counts;
}

const alarmOf = (tenantId: string) => runInDurableObject(stubOf(tenantId), (_, { storage }) => storage.getAlarm());

/** Counts what gates write to their own storage from now on. */
async function ownRowsOf({ id }: Tenant): Promise<() => { rates: number; alarms: number }> {
  const rows = { rates: 0, alarms: 0 };
  await runInDurableObject(stubOf(id), (_, { storage }) => {
    onCall(Object.getPrototypeOf(storage) as DurableObjectStorage, "setAlarm", () => rows.alarms++);
    onCall(Object.getPrototypeOf(storage.kv) as SyncKvStorage, "put", () => rows.rates++);
  });
  return () => rows;
}

/** Ends jobs that were released, and tells the gate. */
async function settle(tenantId: string, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await setRow(tenantId, id, { state: "succeeded", released: 0, due_at: null, ready_at: null, finished_at: 1 });
  }
  await gateOf(tenantId).settle(ids.map((id) => ({ id, attempt: 1, state: "succeeded", dueAt: null })));
}

describe("the concurrency of a queue", () => {
  it("holds beside that of the tenant, and the rest runs as slots are freed", async () => {
    const tenant = await createTenant({ concurrency: 100 });
    await set(tenant, "mail", { concurrency: 2 });
    const done = hold(tenant.id);
    await gateOf(tenant.id).enqueue(Array.from({ length: 11 }, (_, n) => held(tenant.id, n < 7 ? "mail" : "other")));
    await vi.waitFor(async () => expect(await statesOf(tenant.id)).toEqual({ running: 6, queued: 5 }));
    expect(await inFlight(tenant.id)).toEqual({ mail: 2, other: 4 });
    done.resolve();
    await allSucceeded(tenant.id, 11);
  });

  it("of a pattern holds for each queue by itself: serial lanes run side by side", async () => {
    const tenant = await createTenant();
    await set(tenant, "customer/*", { concurrency: 1 });
    const sent = captureSends(tenant.id);
    const lanes = Array.from({ length: 25 }, (_, n) => `customer/${n}`);
    await gateOf(tenant.id).enqueue(lanes.flatMap((queue) => several(2, queue)));
    await vi.waitFor(() => expect(sent).toHaveLength(25));
    expect(await inFlight(tenant.id)).toEqual(Object.fromEntries(lanes.map((queue) => [queue, 1])));
    await settle(tenant.id, sent.slice(0, 10));
    await vi.waitFor(() => expect(sent).toHaveLength(35));
    expect(Object.values(await inFlight(tenant.id))).toEqual(lanes.map(() => 1));
  });

  it("that is lowered stops no job, and that is raised or taken away starts more at once", async () => {
    const tenant = await createTenant();
    const sent = captureSends(tenant.id);
    await set(tenant, "mail", { concurrency: 4 });
    await gateOf(tenant.id).enqueue(several(10, "mail"));
    await vi.waitFor(() => expect(sent).toHaveLength(4));
    await set(tenant, "mail", { concurrency: 2 });
    await settle(tenant.id, sent.slice(0, 2));
    await fireAlarm(tenant.id);
    expect(await inFlight(tenant.id)).toEqual({ mail: 2 });
    await set(tenant, "mail", { concurrency: 5 });
    await vi.waitFor(() => expect(sent).toHaveLength(7));
    expect((await apiOf(tenant).delete(path("mail"))).status).toBe(204);
    await vi.waitFor(() => expect(sent).toHaveLength(10));
  });

  it("holds for one tenant only", async () => {
    const [limited, free] = [await createTenant(), await createTenant()];
    const sent = captureSends(free.id);
    await set(limited, "mail", { concurrency: 1 });
    await gateOf(free.id).enqueue(several(5, "mail"));
    await vi.waitFor(() => expect(sent).toHaveLength(5));
    await pause(limited, "mail");
    expect(await inFlight(free.id)).toEqual({ mail: 5 });
  });

  it("holds after the gate has started anew", async () => {
    const tenant = await createTenant();
    const sent = captureSends(tenant.id);
    await set(tenant, "mail", { concurrency: 2 });
    await gateOf(tenant.id).enqueue(several(5, "mail"));
    await evictDurableObject(stubOf(tenant.id));
    await gateOf(tenant.id).enqueue(several(5, "mail"));
    await fireAlarm(tenant.id);
    expect(await inFlight(tenant.id)).toEqual({ mail: 2 });
    await settle(tenant.id, sent.slice(0, 1));
    await vi.waitFor(() => expect(sent).toHaveLength(3));
    expect(await inFlight(tenant.id)).toEqual({ mail: 2 });
  });

  it("of one keeps the order in which the jobs came, and a retry waits behind", async () => {
    const tenant = await createTenant();
    await set(tenant, "serial", { concurrency: 1 });
    const names = Array.from({ length: 50 }, (_, n) => `${tenant.id}/${n}`);
    const jobs = names.map((name, n) => {
      const payload = JSON.stringify({ name, failures: n === 7 ? 1 : 0 });
      return draft({ id: newJobId(), type: "flaky", queue: "serial", payload });
    });
    for (let from = 0; from < jobs.length; from += 10) await gateOf(tenant.id).enqueue(jobs.slice(from, from + 10));
    await allSucceeded(tenant.id, 50);
    expect([...starts.keys()].filter((name) => name.startsWith(`${tenant.id}/`))).toEqual(names);
    expect(starts.get(names[7]!)).toBe(2);
    const overlap = env.DB.prepare(
      `SELECT count(*) AS n FROM jobs a JOIN jobs b ON a.tenant_id = b.tenant_id AND a.id < b.id
       WHERE a.tenant_id = ?1 AND a.started_at < b.started_at AND b.started_at < a.finished_at`,
    ).bind(tenant.id);
    expect(await overlap.first("n")).toBe(0);
  });

  it("makes a due job wait for room, and runs it when there is some", async () => {
    const tenant = await createTenant();
    const sent = captureSends(tenant.id);
    await set(tenant, "mail", { concurrency: 1 });
    const [first, later] = [draft({ queue: "mail" }), draft({ queue: "mail", dueAt: Date.now() + 3_600_000 })];
    await gateOf(tenant.id).enqueue([first]);
    await gateOf(tenant.id).enqueue([later]);
    await setRow(tenant.id, later.id, { due_at: Date.now() - 1 });
    await gateOf(tenant.id).poke();
    expect(await rowOf(tenant.id, later.id)).toMatchObject({ state: "queued", released: 0, due_at: null });
    await settle(tenant.id, [first.id]);
    await vi.waitFor(() => expect(sent).toEqual([first.id, later.id]));
  });

  it("releases no more than there is room for of many that are due at once", async () => {
    const tenant = await createTenant();
    captureSends(tenant.id);
    await set(tenant, "mail", { concurrency: 3 });
    const soon = Date.now() + 3_600_000;
    await gateOf(tenant.id).enqueue(several(10, "mail").map((job) => ({ ...job, dueAt: soon })));
    await env.DB.prepare("UPDATE jobs SET due_at = 1 WHERE tenant_id = ?1").bind(tenant.id).run();
    await gateOf(tenant.id).poke();
    expect(await inFlight(tenant.id)).toEqual({ mail: 3 });
  });
});

describe("a paused queue", () => {
  it("calls back what nobody has claimed yet: its messages start nothing, and the slots are free", async () => {
    const tenant = await createTenant({ concurrency: 3 });
    const sent: MessageSendRequest<QueueMessage>[] = [];
    interceptSends((messages) => {
      sent.push(...messages);
    });
    const mail = several(5, "mail");
    await gateOf(tenant.id).enqueue(mail);
    await vi.waitFor(() => expect(sent).toHaveLength(1));
    await pause(tenant, "mail");
    expect(await readSlots(env.DB, tenant.id)).toEqual([]);
    vi.restoreAllMocks();
    await env.JOBS.sendBatch(sent);
    await gateOf(tenant.id).enqueue(several(3, "other"));
    await vi.waitFor(async () => expect(await statesOf(tenant.id)).toEqual({ queued: 5, succeeded: 3 }));
    await resume(tenant, "mail");
    await allSucceeded(tenant.id, 8);
    for (const { id } of mail)
      expect(await rowOf(tenant.id, id)).toMatchObject({ attempt: 1, failures: 0, crashes: 0 });
  });

  it("lets run what was claimed, and starts nothing else until it is resumed", async () => {
    const tenant = await createTenant({ concurrency: 2 });
    const done = hold(tenant.id);
    await gateOf(tenant.id).enqueue(Array.from({ length: 6 }, () => held(tenant.id, "mail")));
    await vi.waitFor(async () => expect(await statesOf(tenant.id)).toEqual({ running: 2, queued: 4 }));
    await pause(tenant, "mail");
    done.resolve();
    await vi.waitFor(async () => expect(await statesOf(tenant.id)).toEqual({ succeeded: 2, queued: 4 }));
    await fireAlarm(tenant.id);
    await gateOf(tenant.id).poke();
    await gateOf(tenant.id).enqueue(several(2, "mail"));
    expect(await statesOf(tenant.id)).toEqual({ succeeded: 2, queued: 6 });
    await resume(tenant, "mail");
    await allSucceeded(tenant.id, 8);
  });

  it("keeps the order of what it calls back", async () => {
    const tenant = await createTenant({ concurrency: 2 });
    const sent = captureSends(tenant.id);
    const jobs = several(4, "mail");
    await gateOf(tenant.id).enqueue(jobs);
    await pause(tenant, "mail");
    await set(tenant, "mail", { concurrency: 1 });
    await vi.waitFor(() => expect(sent).toHaveLength(3));
    expect(sent[2]).toBe(jobs[0]!.id);
  });

  it("is one that a pattern pauses, unless it has settings of its own", async () => {
    const tenant = await createTenant();
    const sent = captureSends(tenant.id);
    await set(tenant, "mail/eu", { concurrency: 50 });
    await pause(tenant, "mail/*");
    await gateOf(tenant.id).enqueue([...several(2, "mail/us"), ...several(2, "mail/eu"), ...several(2, "mail")]);
    await vi.waitFor(() => expect(sent).toHaveLength(4));
    expect(await inFlight(tenant.id)).toEqual({ "mail/eu": 2, mail: 2 });
  });

  it("stays paused when the gate starts anew, and keeps it idle", async () => {
    const tenant = await createTenant();
    const sent = captureSends(tenant.id);
    await gateOf(tenant.id).enqueue(several(2, "mail"));
    await pause(tenant, "mail");
    await evictDurableObject(stubOf(tenant.id));
    await gateOf(tenant.id).poke();
    expect(await inFlight(tenant.id)).toEqual({});
    const writes = faultyWrites(() => undefined);
    await gateOf(tenant.id).poke();
    expect(writes.calls()).toBe(0);
    await resume(tenant, "mail");
    await vi.waitFor(() => expect(sent).toHaveLength(4));
  });

  it("makes a due job wait, and a job whose Worker died, which gives its slot back", async () => {
    const tenant = await createTenant({ concurrency: 1 });
    const lost = hold(tenant.id);
    const [crashed, later] = [held(tenant.id, "mail"), draft({ queue: "mail", dueAt: Date.now() + 3_600_000 })];
    await gateOf(tenant.id).enqueue([crashed]);
    await gateOf(tenant.id).enqueue([later]);
    await vi.waitFor(async () => expect(await statesOf(tenant.id)).toEqual({ running: 1, scheduled: 1 }));
    await pause(tenant, "mail");
    await setRow(tenant.id, crashed.id, { due_at: Date.now() - 1, lease_until: Date.now() - 1 });
    await setRow(tenant.id, later.id, { due_at: Date.now() - 1 });
    await fireAlarm(tenant.id);
    const waits = { state: "queued", released: 0, due_at: null };
    expect(await rowOf(tenant.id, crashed.id)).toMatchObject({ ...waits, isolated: 1, crashes: 0, attempt: 1 });
    expect(await rowOf(tenant.id, later.id)).toMatchObject(waits);
    expect(await inFlight(tenant.id)).toEqual({});
    await gateOf(tenant.id).enqueue(several(1, "other"));
    expect(await inFlight(tenant.id)).toEqual({ other: 1 });
    lost.resolve();
    await resume(tenant, "mail");
    await allSucceeded(tenant.id, 3);
    expect(await rowOf(tenant.id, crashed.id)).toMatchObject({ crashes: 0, attempt: 2 });
  });

  it("holds though the gate was not told: it reads the settings with its next count", async () => {
    const tenant = await createTenant();
    captureSends(tenant.id);
    await gateOf(tenant.id).enqueue(several(3, "mail"));
    await env.DB.prepare(
      "INSERT INTO queues (tenant_id, name, paused, created_at, updated_at) VALUES (?1, 'mail', 1, 1, 1)",
    )
      .bind(tenant.id)
      .run();
    expect(await inFlight(tenant.id)).toEqual({ mail: 3 });
    await gateOf(tenant.id).poke();
    expect(await inFlight(tenant.id)).toEqual({});
  });

  it("calls back in the end, though the reply of the write was lost", async () => {
    const tenant = await createTenant();
    captureSends(tenant.id);
    await gateOf(tenant.id).enqueue(several(3, "mail"));
    const writes = faultyWrites((call) => (call === 1 ? "after" : undefined));
    const { status } = await apiOf(tenant).post(`${path("mail")}/pause`);
    expect([status, writes.calls()]).toEqual([503, 2]);
    expect(await inFlight(tenant.id)).toEqual({});
    vi.restoreAllMocks();
    captureSends(tenant.id);
    await vi.waitFor(async () => expect((await apiOf(tenant).post(`${path("mail")}/pause`)).status).toBe(200), {
      timeout: 10_000,
      interval: 200,
    });
    expect(await inFlight(tenant.id)).toEqual({});
    await resume(tenant, "mail");
    expect(await inFlight(tenant.id)).toEqual({ mail: 3 });
  });

  it("calls a delayed job back to where it was due, not to where it was stored", async () => {
    const tenant = await createTenant();
    captureSends(tenant.id);
    const job = draft({ queue: "mail", dueAt: Date.now() + 50 });
    await gateOf(tenant.id).enqueue([job]);
    await vi.waitFor(async () => {
      await fireAlarm(tenant.id);
      expect(await rowOf(tenant.id, job.id)).toMatchObject({ released: 1, ready_at: job.dueAt });
    }, 5_000);
    // Sent again, since nobody has claimed it.
    await setRow(tenant.id, job.id, { due_at: 1 });
    await fireAlarm(tenant.id);
    await pause(tenant, "mail");
    expect(await rowOf(tenant.id, job.id)).toMatchObject({ released: 0, due_at: null, ready_at: job.dueAt });
  });

  it("leaks no slot, however often it is paused and resumed under load", async () => {
    const tenant = await createTenant({ concurrency: 10 });
    await set(tenant, "mail", { concurrency: 6 });
    const gate = gateOf(tenant.id);
    let enqueued = 0;
    const load = async () => {
      for (let round = 0; round < 15; round++) {
        await gate.enqueue([...several(6, "mail"), ...several(4, "other")]);
        enqueued += 10;
      }
    };
    const switching = async () => {
      for (let round = 0; round < 10; round++) {
        await pause(tenant, "mail");
        expect((await inFlight(tenant.id))["mail"] ?? 0).toBeLessThanOrEqual(6);
        await resume(tenant, "mail");
      }
    };
    await Promise.all([load(), switching()]);
    await allSucceeded(tenant.id, enqueued);
    const done = hold(tenant.id);
    await gate.enqueue(Array.from({ length: 12 }, (_, n) => held(tenant.id, n < 8 ? "mail" : "other")));
    await vi.waitFor(async () => expect(await inFlight(tenant.id)).toEqual({ mail: 6, other: 4 }));
    done.resolve();
    await allSucceeded(tenant.id, enqueued + 12);
    const twice = env.DB.prepare("SELECT count(*) AS n FROM jobs WHERE tenant_id = ?1 AND attempt <> 1").bind(
      tenant.id,
    );
    expect(await twice.first("n")).toBe(0);
  });
});

describe("the rate of a queue", () => {
  const FIVE_A_SECOND = { rate: { limit: 5, period: "1s" } };

  it("spreads starts by the alarm: each comes when its token is there", async () => {
    const tenant = await createTenant();
    const sent = captureSends(tenant.id);
    const clock = standingClock();
    await set(tenant, "mail", FIVE_A_SECOND);
    await gateOf(tenant.id).enqueue(several(9, "mail"));
    await vi.waitFor(() => expect(sent).toHaveLength(5));
    for (const expected of [6, 7, 8]) {
      await vi.waitFor(async () => expect(await alarmOf(tenant.id)).toBe(clock.now() + 200));
      clock.advance(199);
      await gateOf(tenant.id).poke();
      expect(sent).toHaveLength(expected - 1);
      clock.advance(1);
      await fireAlarm(tenant.id);
      await vi.waitFor(() => expect(sent).toHaveLength(expected));
    }
    clock.advance(10_000);
    await fireAlarm(tenant.id);
    await vi.waitFor(() => expect(sent).toHaveLength(9));
  });

  it("is not limited by what has ended: a free slot gives no token", async () => {
    const tenant = await createTenant();
    const sent = captureSends(tenant.id);
    standingClock();
    await set(tenant, "mail", FIVE_A_SECOND);
    await gateOf(tenant.id).enqueue(several(7, "mail"));
    await vi.waitFor(() => expect(sent).toHaveLength(5));
    await settle(tenant.id, sent);
    await gateOf(tenant.id).poke();
    expect(sent).toHaveLength(5);
  });

  it("outlives the gate: a restart gives no second burst", async () => {
    const tenant = await createTenant();
    const sent = captureSends(tenant.id);
    const clock = standingClock();
    await set(tenant, "mail", FIVE_A_SECOND);
    await gateOf(tenant.id).enqueue(several(8, "mail"));
    await vi.waitFor(() => expect(sent).toHaveLength(5));
    await evictDurableObject(stubOf(tenant.id));
    await gateOf(tenant.id).poke();
    expect(await inFlight(tenant.id)).toEqual({ mail: 5 });
    expect(await alarmOf(tenant.id)).toBe(clock.now() + 200);
    clock.advance(400);
    await fireAlarm(tenant.id);
    expect(await inFlight(tenant.id)).toEqual({ mail: 7 });
  });

  it("costs the gate one row of its own for each write that starts jobs, and two for each alarm", async () => {
    const tenant = await createTenant();
    const sent = captureSends(tenant.id);
    const clock = standingClock();
    await set(tenant, "mail", FIVE_A_SECOND);
    await gateOf(tenant.id).enqueue(several(1, "other"));
    const rows = await ownRowsOf(tenant);
    await gateOf(tenant.id).enqueue(several(2, "other"));
    expect(rows()).toEqual({ rates: 0, alarms: 0 });
    await gateOf(tenant.id).enqueue(several(8, "mail"));
    await vi.waitFor(async () => expect(await alarmOf(tenant.id)).toBe(clock.now() + 200));
    expect(rows()).toEqual({ rates: 1, alarms: 1 });
    clock.advance(400);
    await fireAlarm(tenant.id);
    await vi.waitFor(async () => expect(await alarmOf(tenant.id)).toBe(clock.now() + 200));
    expect(sent).toHaveLength(3 + 7);
    expect(rows()).toEqual({ rates: 2, alarms: 3 });
  });

  it("counts a retry and a due job as starts", async () => {
    const tenant = await createTenant();
    captureSends(tenant.id);
    const clock = standingClock();
    await set(tenant, "mail", { rate: { limit: 2, period: "1h" } });
    const later = several(3, "mail").map((job) => ({ ...job, dueAt: clock.now() + 1_000 }));
    await gateOf(tenant.id).enqueue(later);
    clock.advance(1_000);
    await fireAlarm(tenant.id);
    expect(await inFlight(tenant.id)).toEqual({ mail: 2 });
  });

  it("gets the tokens back of what a pause has called back", async () => {
    const tenant = await createTenant();
    const sent = captureSends(tenant.id);
    standingClock();
    await set(tenant, "mail", FIVE_A_SECOND);
    await gateOf(tenant.id).enqueue(several(5, "mail"));
    await pause(tenant, "mail");
    await resume(tenant, "mail");
    await vi.waitFor(() => expect(sent).toHaveLength(10));
    expect(await inFlight(tenant.id)).toEqual({ mail: 5 });
  });
});
