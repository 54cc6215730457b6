import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { checkAlerts } from "../../src/maintenance/check-alerts.ts";
import { disableReceiver } from "../../src/storage/disabled-receivers.ts";
import { alertOf, receiverOf, setAlert, toldOf } from "../support/alerts.ts";
import { apiOf } from "../support/api.ts";
import { eventOf } from "../support/callbacks.ts";
import { faultyBatches } from "../support/d1-faults.ts";
import { asReceived, type Call, HOOK, network, verifies } from "../support/delivery.ts";
import { fillTenant } from "../support/fixture-jobs.ts";
import { gateOf } from "../support/gate.ts";
import { releaseHeldJobs, runHeldJob } from "../support/held-jobs.ts";
import { operator } from "../support/operator.ts";
import { setRow } from "../support/rows.ts";
import { createTenant } from "../support/tenants.ts";
import sluice from "../support/worker.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const LATE = { measure: "oldest_due_age", threshold: "5m" } as const;
const FAILING = { measure: "failure_ratio", threshold: 0.5, minEvents: 3, window: "5m" } as const;

type Tenant = Awaited<ReturnType<typeof createTenant>>;

let calls: Call[];

beforeEach(() => {
  vi.spyOn(console, "warn").mockReturnValue();
  calls = network(...Array.from({ length: 20 }, () => () => new Response(null, { status: 204 })));
});

afterEach(async () => {
  vi.restoreAllMocks();
  releaseHeldJobs();
  await env.DB.prepare("DELETE FROM alerts").run();
  await env.DB.prepare("DELETE FROM chores").run();
});

/** A tenant with a job that has been due for so long, of which its gate knows nothing. */
async function lateTenant(minutes = 6): Promise<Tenant> {
  const tenant = await createTenant();
  await fillTenant(tenant.id, { waiting: 0, scheduled: 1, queues: 1, dueAt: Date.now() - minutes * MINUTE });
  return tenant;
}

/** What the receiver of a tenant's alerts has been sent. */
const sentTo = (tenant: Tenant) => calls.filter(({ url }) => url === receiverOf(tenant));

/** Has the tenant's late job due later. */
const dueLater = ({ id }: Tenant) =>
  env.DB.prepare("UPDATE jobs SET due_at = ?2 WHERE tenant_id = ?1 AND state = 'scheduled' AND type = 'noop'")
    .bind(id, Date.now() + HOUR)
    .run();

/** What a tenant's alerts have told, and of which. */
const eventsOf = async ({ id }: Tenant) =>
  (await toldOf(id)).map((job) => [eventOf(job).data.name, eventOf(job).type.replace("alert.", "")]);

/** Runs so many jobs of each kind, and waits until the gate has counted them. */
async function run(tenant: Tenant, jobs: { succeed?: number; fail?: number; queue?: string }): Promise<void> {
  const { succeed = 0, fail = 0, queue = "mail" } = jobs;
  const ended = async () => (await gateOf(tenant.id).stats({ window: "1h", queue })).totals.out;
  const before = await ended();
  const one = (type: string) => ({ type, payload: { name: "x" }, queue });
  const all = [...Array(succeed).fill(one("noop")), ...Array(fail).fill(one("fatal"))];
  await apiOf(tenant).post("/v1/jobs/batch", { jobs: all });
  await vi.waitFor(async () => expect(await ended()).toBe(before + all.length), { timeout: 10_000, interval: 10 });
}

/** Keeps all gates from being called, as those that are stuck or out of reach; until that is restored. */
function withoutGates() {
  return vi.spyOn(env.GATES, "getByName").mockImplementation(() => {
    throw new Error("the object is out of reach");
  });
}

/** How often the gate of a tenant is called from now on. */
function callsOfGate({ id }: Tenant): () => number {
  const spy = vi.spyOn(env.GATES, "getByName");
  return () => spy.mock.calls.filter(([name]) => name === id).length;
}

describe("an alert of the age of the oldest job that is due", () => {
  it("tells its receiver when it fires and when it has recovered, each once, signed", async () => {
    const tenant = await lateTenant();
    await setAlert(tenant, LATE);
    await sluice.scheduled({ scheduledTime: Date.now() } as ScheduledController, env);
    await vi.waitFor(() => expect(sentTo(tenant)).toHaveLength(1), { timeout: 10_000, interval: 10 });
    const firing = await alertOf(tenant);
    const [told] = await toldOf(tenant.id);
    expect(firing).toMatchObject({ state: "firing", value: expect.closeTo(360, -1), jobId: told?.id });
    await checkAlerts(env, Date.now());
    await vi.waitFor(() => expect(sentTo(tenant)).toHaveLength(2), { timeout: 10_000, interval: 10 });
    const resolved = await alertOf(tenant);
    expect(resolved).toMatchObject({ state: "ok", value: 0 });
    await checkAlerts(env, Date.now());
    expect(await eventsOf(tenant)).toEqual([
      ["alert", "firing"],
      ["alert", "resolved"],
    ]);

    const { body } = await apiOf(tenant).get("/v1/signing-secrets");
    const received = await Promise.all(sentTo(tenant).map(asReceived));
    expect(received.map((one) => verifies(one, body.data[0].secret))).toEqual([true, true]);
    const data = { name: "alert", measure: "oldest_due_age", queue: null, threshold: 300, window: null };
    const events = received.map((one) => JSON.parse(one.body));
    expect(events[0]).toEqual({
      type: "alert.firing",
      timestamp: firing.since,
      data: { ...data, minEvents: null, value: firing.value, events: null, since: firing.since },
    });
    expect(events[1]).toEqual({
      type: "alert.resolved",
      timestamp: resolved.since,
      data: { ...data, minEvents: null, value: 0, events: null, since: firing.since },
    });
    expect(received[0]?.headers["webhook-id"]).toBe(told?.id);
  });

  it("fires though the gate is out of reach, and is told once that can be", async () => {
    const tenant = await lateTenant();
    await setAlert(tenant, LATE);
    const away = withoutGates();
    await checkAlerts(env, Date.now());
    expect(await alertOf(tenant)).toMatchObject({ state: "firing" });
    expect(await toldOf(tenant.id)).toMatchObject([{ state: "scheduled", released: 0, attempt: 0 }]);
    away.mockRestore();
    await gateOf(tenant.id).poke();
    await vi.waitFor(() => expect(sentTo(tenant)).toHaveLength(1), { timeout: 10_000, interval: 10 });
  });

  it("does not fire below its threshold, nor recover above 80 % of it", async () => {
    const tenant = await lateTenant(4.9);
    withoutGates();
    await setAlert(tenant, LATE);
    const now = Date.now();
    const states: string[] = [];
    for (const later of [0, 0.2, -0.8, -1]) {
      await checkAlerts(env, now + later * MINUTE);
      states.push((await alertOf(tenant)).state);
    }
    expect(states).toEqual(["ok", "firing", "firing", "ok"]);
  });

  it.each([
    ["waits for room", { state: "queued", due_at: null, ready_at: "late" }],
    [
      "was released, and nobody has claimed",
      { state: "queued", released: 1, due_at: Date.now() + HOUR, ready_at: "late" },
    ],
    [
      "was released when it was stored, and nobody has claimed",
      { state: "queued", released: 1, due_at: Date.now() + HOUR, ready_at: null, created_at: "late" },
    ],
    ["is to be tried again", { state: "retrying", due_at: "late" }],
  ])("counts a job that %s", async (_, values) => {
    const tenant = await lateTenant(0);
    await setAlert(tenant, LATE);
    withoutGates();
    await checkAlerts(env, Date.now());
    expect((await alertOf(tenant)).state).toBe("ok");
    const { body } = await apiOf(tenant).get("/v1/jobs");
    const late = Date.now() - 6 * MINUTE;
    const row = Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, value === "late" ? late : value]),
    );
    await setRow(tenant.id, body.data[0].id, row);
    await checkAlerts(env, Date.now());
    expect(await alertOf(tenant)).toMatchObject({ state: "firing", value: expect.closeTo(360, -1) });
  });

  it("does not count a job that runs, nor one that is not due yet", async () => {
    const tenant = await createTenant();
    await runHeldJob(tenant);
    await apiOf(tenant).post("/v1/jobs", { type: "noop", delay: "1h" });
    await env.DB.prepare("UPDATE jobs SET created_at = 1 WHERE tenant_id = ?1").bind(tenant.id).run();
    await setAlert(tenant, LATE);
    await checkAlerts(env, Date.now());
    expect((await alertOf(tenant)).state).toBe("ok");
  });

  it("looks at its own queue alone", async () => {
    const tenant = await lateTenant();
    await setAlert(tenant, { ...LATE, queue: "queue-0" }, "its");
    await setAlert(tenant, { ...LATE, queue: "other" }, "other");
    withoutGates();
    await checkAlerts(env, Date.now());
    expect(await eventsOf(tenant)).toEqual([["its", "firing"]]);
  });
});

describe("an alert of the share of failures", () => {
  it("fires for enough jobs that have failed within its window, and recovers when they are past", async () => {
    const tenant = await createTenant();
    await setAlert(tenant, FAILING);
    await run(tenant, { fail: 2 });
    await checkAlerts(env, Date.now());
    expect((await alertOf(tenant)).state).toBe("ok");
    await run(tenant, { succeed: 1, fail: 1 });
    await checkAlerts(env, Date.now());
    expect(await alertOf(tenant)).toMatchObject({ state: "firing", value: 0.75 });
    const [told] = await toldOf(tenant.id);
    expect(eventOf(told).data).toMatchObject({ measure: "failure_ratio", value: 0.75, events: 4, window: 300 });
    // The delivery itself ends meanwhile, and succeeds.
    await run(tenant, { succeed: 3, queue: "other" });
    await checkAlerts(env, Date.now() + 6 * MINUTE);
    expect(await alertOf(tenant)).toMatchObject({ state: "ok", value: null });
    expect(await eventsOf(tenant)).toEqual([
      ["alert", "firing"],
      ["alert", "resolved"],
    ]);
  });

  it("looks at its own queue alone", async () => {
    const tenant = await createTenant();
    await setAlert(tenant, { ...FAILING, queue: "mail" }, "mail");
    await setAlert(tenant, { ...FAILING, queue: "other" }, "other");
    await run(tenant, { fail: 3, queue: "mail" });
    await run(tenant, { succeed: 3, queue: "other" });
    await checkAlerts(env, Date.now());
    expect(await eventsOf(tenant)).toEqual([["mail", "firing"]]);
  });

  it("stays as it is while the gate does not answer, and keeps no other alert from being looked at", async () => {
    const tenant = await lateTenant();
    await setAlert(tenant, FAILING, "failing");
    await setAlert(tenant, LATE, "late");
    const other = await lateTenant();
    await setAlert(other, LATE, "late");
    await env.DB.prepare("UPDATE alerts SET state = 'firing' WHERE name = 'failing'").run();
    withoutGates();
    await checkAlerts(env, Date.now());
    expect([await eventsOf(tenant), await eventsOf(other)]).toEqual([[["late", "firing"]], [["late", "firing"]]]);
    expect((await alertOf(tenant, "failing")).state).toBe("firing");
  });
});

describe("an alert of the share of 503s", () => {
  it("fires for jobs that were turned away, of all that were sent", async () => {
    const tenant = await createTenant({ rate: 1, burst: 2 });
    await setAlert(tenant, { measure: "unavailable_ratio", threshold: 0.5, minEvents: 4, window: "1m" });
    const api = apiOf(tenant);
    const jobs = [{ type: "noop" }, { type: "noop" }];
    expect((await api.post("/v1/jobs/batch", { jobs })).status).toBe(202);
    await checkAlerts(env, Date.now());
    expect((await alertOf(tenant)).state).toBe("ok");
    expect((await api.post("/v1/jobs/batch", { jobs })).body.code).toBe("rate_limited");
    await checkAlerts(env, Date.now());
    expect(await alertOf(tenant)).toMatchObject({ state: "firing", value: 0.5 });
  });
});

describe("a change of an alert", () => {
  it("is told once, however many look at the same time", async () => {
    const tenant = await lateTenant();
    await setAlert(tenant, LATE);
    const now = Date.now();
    withoutGates();
    await Promise.all([now, now, now + 1, now + 2, now + 3].map((time) => checkAlerts(env, time)));
    expect(await toldOf(tenant.id)).toHaveLength(1);
    await dueLater(tenant);
    await Promise.all([now + 4, now + 4, now + 5].map((time) => checkAlerts(env, time)));
    expect(await eventsOf(tenant)).toEqual([
      ["alert", "firing"],
      ["alert", "resolved"],
    ]);
  });

  it.each(["before", "after"] as const)("is told once when its write was lost %s it was made", async (when) => {
    const tenant = await lateTenant();
    await setAlert(tenant, LATE);
    withoutGates();
    const logged = vi.spyOn(console, "error").mockReturnValue();
    faultyBatches("UPDATE alerts", (call) => (call === 1 ? when : undefined));
    await checkAlerts(env, Date.now());
    expect(logged).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("alerts could not be looked at"));
    expect(await eventsOf(tenant)).toHaveLength(when === "before" ? 0 : 1);
    expect((await alertOf(tenant)).state).toBe(when === "before" ? "ok" : "firing");
    await checkAlerts(env, Date.now() + 1);
    expect(await eventsOf(tenant)).toEqual([["alert", "firing"]]);
  });

  it("is not made, and not told, when its delivery cannot be inserted", async () => {
    const tenant = await lateTenant();
    await setAlert(tenant, LATE);
    vi.spyOn(console, "error").mockReturnValue();
    await env.DB.prepare("CREATE TRIGGER refuse BEFORE INSERT ON jobs BEGIN SELECT RAISE(ABORT, 'refused'); END").run();
    await checkAlerts(env, Date.now());
    await env.DB.prepare("DROP TRIGGER refuse").run();
    expect((await alertOf(tenant)).state).toBe("ok");
    await checkAlerts(env, Date.now());
    expect(await eventsOf(tenant)).toEqual([["alert", "firing"]]);
  });

  it("goes before all callbacks that wait, in their queue", async () => {
    const tenant = await lateTenant();
    await setAlert(tenant, LATE);
    withoutGates();
    await checkAlerts(env, Date.now());
    expect(await toldOf(tenant.id)).toMatchObject([{ queue: "sluice.callbacks", priority: 9, max_attempts: 10 }]);
  });

  it("is kept for a replay when its receiver is disabled", async () => {
    const tenant = await lateTenant();
    await disableReceiver(env.DB, tenant.id, { url: receiverOf(tenant), disabledAt: 1, jobId: "x" });
    await setAlert(tenant, LATE);
    await checkAlerts(env, Date.now());
    const [told] = await toldOf(tenant.id);
    expect(told).toMatchObject({ state: "failed", due_at: null });
    expect(String(told?.["errors"])).toContain("ReceiverDisabled");
    expect([(await alertOf(tenant)).state, sentTo(tenant)]).toEqual(["firing", []]);
  });

  it("follows when the alert itself is changed: one that fires has recovered by its new threshold", async () => {
    const tenant = await lateTenant();
    await setAlert(tenant, LATE);
    withoutGates();
    await checkAlerts(env, Date.now());
    expect(await setAlert(tenant, { ...LATE, threshold: "1h" })).toMatchObject({ state: "firing" });
    await checkAlerts(env, Date.now() + 1);
    expect(await eventsOf(tenant)).toEqual([
      ["alert", "firing"],
      ["alert", "resolved"],
    ]);
  });
});

describe("alerts of a tenant that is not active", () => {
  it("rest while it is suspended, and are looked at again when it is resumed", async () => {
    const tenant = await lateTenant();
    await setAlert(tenant, LATE);
    await operator.post(`/v1/tenants/${tenant.id}/suspend`);
    await checkAlerts(env, Date.now());
    expect(await toldOf(tenant.id)).toEqual([]);
    await operator.post(`/v1/tenants/${tenant.id}/resume`);
    await env.DB.prepare("UPDATE jobs SET due_at = ?2 WHERE tenant_id = ?1")
      .bind(tenant.id, Date.now() + HOUR)
      .run();
    await checkAlerts(env, Date.now() + HOUR + 6 * MINUTE);
    expect(await eventsOf(tenant)).toEqual([["alert", "firing"]]);
  });

  it("tell nothing once it is deleted", async () => {
    const tenant = await lateTenant();
    await setAlert(tenant, LATE);
    await operator.delete(`/v1/tenants/${tenant.id}`);
    await checkAlerts(env, Date.now());
    expect(await toldOf(tenant.id)).toEqual([]);
  });

  it("wake no gate while it has had nothing to do for hours, unless one fires", async () => {
    const tenant = await createTenant();
    await setAlert(tenant, FAILING);
    await setAlert(tenant, LATE, "late");
    const asked = callsOfGate(tenant);
    for (const hours of [0, 1, 5]) await checkAlerts(env, Date.now() + hours * HOUR);
    expect(asked()).toBe(0);
    await env.DB.prepare("UPDATE alerts SET state = 'firing' WHERE tenant_id = ?1 AND name = 'alert'")
      .bind(tenant.id)
      .run();
    await checkAlerts(env, Date.now() + 6 * HOUR);
    expect(await eventsOf(tenant)).toEqual([["alert", "resolved"]]);
    expect(asked()).toBeGreaterThan(0);
  });

  it("wake no gate for a job that is due much later, and ask it from a while before that to hours after its end", async () => {
    const tenant = await createTenant();
    const { body } = await apiOf(tenant).post("/v1/jobs", { type: "noop", delay: "5h" });
    await setAlert(tenant, FAILING);
    const now = Date.now();
    const asked = callsOfGate(tenant);
    const askedAt = async (time: number) => {
      const before = asked();
      await checkAlerts(env, time);
      return asked() - before;
    };
    const early = [await askedAt(now + 2 * HOUR), await askedAt(now + 4.7 * HOUR)];
    const before = await askedAt(now + 4.9 * HOUR);
    // It ran and ended between two ticks: nothing of the hour tells of it any more.
    await env.DB.prepare(
      "UPDATE jobs SET state = 'failed', due_at = NULL, finished_at = ?3 WHERE tenant_id = ?1 AND id = ?2",
    )
      .bind(tenant.id, body.id, now + 5 * HOUR)
      .run();
    // One that is new remembers nothing, and does not make the others forget.
    await setAlert(tenant, FAILING, "another");
    const after = [await askedAt(now + 5.01 * HOUR), await askedAt(now + 6 * HOUR), await askedAt(now + 7 * HOUR)];
    expect([early, before, after]).toEqual([[0, 0], 1, [1, 1, 0]]);
  });
});

describe("the cron trigger", () => {
  it("reads a row or two, and writes none, where there are no alerts", async () => {
    await lateTenant();
    const prepared = vi.spyOn(env.DB, "prepare");
    await checkAlerts(env, Date.now());
    expect(prepared.mock.calls.filter(([sql]) => !sql.trimStart().toUpperCase().startsWith("SELECT"))).toEqual([]);
    expect(prepared).toHaveBeenCalledTimes(2);
  });

  it("looks at five hundred alerts in a tick, and at those after them in the next", async () => {
    const tenants = await Promise.all(Array.from({ length: 26 }, () => createTenant()));
    const { id: first } = tenants.toSorted((a, b) => (a.id < b.id ? -1 : 1))[0]!;
    withoutGates();
    const now = Date.now();
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < 20)
       INSERT INTO alerts (tenant_id, name, measure, threshold, url, state, since, created_at, updated_at)
       SELECT t.value, 'alert-' || i, 'oldest_due_age', 300, ?2, 'firing', 1, 1, 1 FROM json_each(?1) t, n`,
    )
      .bind(JSON.stringify(tenants.map(({ id }) => id)), HOOK)
      .run();
    const firing = () => env.DB.prepare("SELECT count(*) AS n FROM alerts WHERE state = 'firing'").first("n");
    await checkAlerts(env, now);
    expect([await firing(), (await toldOf(first)).length]).toEqual([20, 20]);
    await checkAlerts(env, now + MINUTE);
    expect([await firing(), (await toldOf(first)).length]).toEqual([0, 20]);
    expect(await env.DB.prepare("SELECT after FROM chores WHERE name = 'check alerts'").first("after")).toBeNull();
  });
});
