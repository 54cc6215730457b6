import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CALLBACK_CONDITIONS } from "../../src/domain/callback.ts";
import { newJobId } from "../../src/protocol/new-job-id.ts";
import { createSluice, defineHandler } from "../../src/sluice.ts";
import { apiOf } from "../support/api.ts";
import { deliveriesOf, deliveryIn, eventOf } from "../support/callbacks.ts";
import { HOOK, network } from "../support/delivery.ts";
import { fireAlarm } from "../support/gate.ts";
import { starts } from "../support/handlers.ts";
import { releaseHeldJobs, runHeldJob } from "../support/held-jobs.ts";
import { expectProblem } from "../support/problems.ts";
import { setRow } from "../support/rows.ts";
import { createSchedule, tickAt } from "../support/schedules.ts";
import { countJobs } from "../support/stored-jobs.ts";
import { createTenant } from "../support/tenants.ts";
import worker from "../support/worker.ts";

const callback = { url: HOOK };

beforeEach(() => {
  network(...Array.from({ length: 20 }, () => () => new Response(null, { status: 204 })));
});

afterEach(() => {
  vi.restoreAllMocks();
  releaseHeldJobs();
});

async function newTenant(limits = {}) {
  const tenant = await createTenant(limits);
  return { ...tenant, api: apiOf(tenant) };
}

/** A job with a callback that runs until it is told to end. */
async function patient(api: ReturnType<typeof apiOf>, job: object = {}): Promise<string> {
  const name = crypto.randomUUID();
  const { body } = await api.post("/v1/jobs", { type: "patient", payload: { name }, callback, ...job });
  await vi.waitFor(() => expect(starts.get(name)).toBe(1), { timeout: 10_000, interval: 5 });
  return body.id;
}

describe("a callback that is asked for", () => {
  it.each([
    ["#/callback/url", { url: "http://10.0.0.1/" }, "it is not a public address"],
    ["#/callback/url", { url: "http://localhost/" }, "is refused"],
    ["#/callback/url", { url: "https://me:pw@example.com/" }, "credentials"],
    ["#/callback/url", { url: "ftp://example.com/" }, "not http or https"],
    ["#/callback/url", { url: "/in" }, "not an absolute URL"],
    ["#/callback/url", { url: `${HOOK}?${"x".repeat(2_048)}` }, "longer than 2048 characters"],
    ["#/callback/url", {}, "expected string"],
    ["#/callback/on", { url: HOOK, on: "always" }, '"success"|"failure"|"both"'],
    ["#/callback/secret", { url: HOOK, secret: "x" }, "unknown field"],
    ["#/callback", HOOK, "expected object"],
  ])("is refused at %s when it is %j, and nothing is stored", async (pointer, asked, detail) => {
    const { id, api } = await newTenant();
    const one = await api.post("/v1/jobs", { type: "noop", callback: asked });
    expectProblem(one, "invalid_request");
    expect(one.body.errors).toEqual([expect.objectContaining({ pointer, detail: expect.stringContaining(detail) })]);
    const { body } = await api.post("/v1/jobs/batch", { jobs: [{ type: "noop" }, { type: "noop", callback: asked }] });
    expect(body.errors[0].pointer).toBe(pointer.replace("#", "#/jobs/1"));
    const put = await api.put("/v1/schedules/nightly", { cron: "0 0 1 1 *", type: "noop", callback: asked });
    expect(put.body.errors[0].pointer).toBe(pointer);
    expect(await countJobs(id)).toBe(0);
  });

  it("is shown with its job, and then with the job that delivers it", async () => {
    const { id, api } = await newTenant();
    const asked = { url: "https://HOOKS.example.com:443/in", on: "success" };
    const { body: stored } = await api.post("/v1/jobs", { type: "noop", delay: "1h", callback: asked });
    const shown = { url: HOOK, on: "success", jobId: null };
    expect(stored.callback).toEqual(shown);
    expect((await api.get(`/v1/jobs/${stored.id}`)).body.callback).toEqual(shown);
    await api.post(`/v1/jobs/${stored.id}/run`);
    const { body: ended } = await api.get(`/v1/jobs/${stored.id}?wait=10`);
    const delivery = await deliveryIn(id, stored.id, "succeeded");
    expect(ended.callback).toEqual({ ...shown, jobId: delivery.id });
    const { body } = await api.get(`/v1/jobs/${delivery.id}`);
    expect(body).toMatchObject({ type: "sluice.callback", parentId: stored.id, callback: null });
    expect((await api.get("/v1/jobs?type=sluice.callback")).body.data).toMatchObject([{ id: delivery.id }]);
    const { body: plain } = await api.post("/v1/jobs?wait=10", { type: "noop" });
    expect(plain).toMatchObject({ callback: null, parentId: null });
  });

  it("is part of the request: the same key with another callback is another request", async () => {
    const { api } = await newTenant();
    const keyed = { type: "noop", idempotencyKey: "a" };
    const { body: first } = await api.post("/v1/jobs", { ...keyed, callback });
    const again = await api.post("/v1/jobs", { ...keyed, callback });
    expect([again.body.id, again.headers.get("Idempotent-Replayed")]).toEqual([first.id, "true"]);
    expectProblem(
      await api.post("/v1/jobs", { ...keyed, callback: { ...callback, on: "success" } }),
      "idempotency_key_reused",
    );
    expectProblem(await api.post("/v1/jobs", keyed), "idempotency_key_reused");
  });

  it("goes with each job of a batch that has it", async () => {
    const { id, api } = await newTenant();
    const jobs = [{ type: "noop", callback }, { type: "noop" }, { type: "fatal", payload: { name: "x" }, callback }];
    const { body } = await api.post("/v1/jobs/batch", { jobs });
    await deliveryIn(id, body.data[0].id, "succeeded");
    await deliveryIn(id, body.data[2].id, "succeeded");
    await api.get(`/v1/jobs/${body.data[1].id}?wait=10`);
    expect(await deliveriesOf(id, body.data[1].id)).toEqual([]);
  });

  it("is asked for in the same Worker too", async () => {
    const { id } = await newTenant();
    const jobs = worker.jobs(env, id);
    const job = await jobs.enqueue("noop", {}, { callback });
    await deliveryIn(id, job.id, "succeeded");
    await expect(jobs.enqueue("noop", {}, { callback: { url: "http://127.0.0.2/" } })).rejects.toMatchObject({
      code: "invalid_request",
      errors: [{ pointer: "#/callback/url" }],
    });
  });

  it("goes with each job of a schedule: of its ticks, and when it is run by hand", async () => {
    const { id, api, name } = await createSchedule({ callback });
    const shown = (await api.get(`/v1/schedules/${name}`)).body;
    expect(shown.callback).toEqual({ url: HOOK, on: "both" });
    const again = await api.put(`/v1/schedules/${name}`, { cron: "0 0 1 1 *", type: "noop", callback });
    expect(again.body.updatedAt).toBe(shown.updatedAt);
    const told: unknown[] = [];
    for (const secondsAgo of [5, 3]) {
      await tickAt(id, name, Math.floor(Date.now() / 1_000 - secondsAgo) * 1_000);
      await fireAlarm(id);
      const { lastRun } = (await api.get(`/v1/schedules/${name}`)).body;
      told.push((await deliveryIn(id, lastRun.jobId, "succeeded")).id);
    }
    const { body: run } = await api.post(`/v1/schedules/${name}/run`);
    told.push((await deliveryIn(id, run.id, "succeeded")).id);
    expect(new Set(told).size).toBe(3);
  });

  it("is kept by a replay, which has a delivery of its own", async () => {
    const { id, api } = await newTenant();
    const job = { type: "greet", payload: { name: "Ada" }, callback: { ...callback, on: "success" } };
    const { body: first } = await api.post("/v1/jobs?wait=10", job);
    const { body: replay } = await api.post(`/v1/jobs/${first.id}/replay`, {});
    expect(replay).toMatchObject({ replayOf: first.id, callback: { url: HOOK, on: "success" } });
    const [one, other] = [await deliveryIn(id, first.id, "succeeded"), await deliveryIn(id, replay.id, "succeeded")];
    expect(other.id).not.toBe(one.id);
  });
});

describe("whoever ends a job", () => {
  const ends = {
    succeeded: async (api: ReturnType<typeof apiOf>, job: object) =>
      (await api.post("/v1/jobs?wait=10", { type: "noop", ...job })).body.id,
    failed: async (api: ReturnType<typeof apiOf>, job: object) =>
      (await api.post("/v1/jobs?wait=10", { type: "fatal", payload: { name: "x" }, ...job })).body.id,
    cancelled: async (api: ReturnType<typeof apiOf>, job: object) => {
      const { body } = await api.post("/v1/jobs", { type: "noop", delay: "1h", ...job });
      expect((await api.post(`/v1/jobs/${body.id}/cancel`)).status).toBe(200);
      return body.id;
    },
  };
  const wanted = (on: string, end: string) => on === "both" || (on === "success") === (end === "succeeded");

  it.each(
    CALLBACK_CONDITIONS.flatMap((on) => (Object.keys(ends) as (keyof typeof ends)[]).map((end) => [on, end] as const)),
  )("a callback on %s is told of one that is %s, or not", async (on, end) => {
    const { id, api } = await newTenant();
    const job: string = await ends[end](api, { callback: { url: HOOK, on } });
    const deliveries = await deliveriesOf(id, job);
    expect(deliveries).toHaveLength(wanted(on, end) ? 1 : 0);
    const { body } = await api.get(`/v1/jobs/${job}`);
    expect(body.callback.jobId).toBe(deliveries[0]?.id ?? null);
    if (wanted(on, end)) expect(eventOf(deliveries[0]).type).toBe(`job.${end}`);
  });

  it("has it told: a consumer, of the last attempt, and once", async () => {
    const { id, api } = await newTenant();
    const flaky = { type: "flaky", payload: { name: crypto.randomUUID(), failures: 9 }, maxAttempts: 2, callback };
    const { body } = await api.post("/v1/jobs", flaky);
    const delivery = await deliveryIn(id, body.id, "succeeded");
    expect(eventOf(delivery).data).toMatchObject({ state: "failed", attempt: 2, error: { message: "failure 2" } });
    expect(await deliveriesOf(id, body.id)).toHaveLength(1);
  });

  it("has it told: a consumer, of a job that was cancelled while it ran", async () => {
    const { id, api } = await newTenant();
    const job = await patient(api);
    expect((await api.post(`/v1/jobs/${job}/cancel`)).status).toBe(202);
    expect(await deliveriesOf(id, job)).toEqual([]);
    const { data } = eventOf(await deliveryIn(id, job, "succeeded"));
    expect(data).toMatchObject({ state: "cancelled", cancelReason: "requested", attempt: 1 });
  });

  it("has it told: a consumer, of a job that would be tried again but was cancelled", async () => {
    const { id, api } = await newTenant();
    const name = crypto.randomUUID();
    const { body } = await api.post("/v1/jobs", { type: "stubborn", payload: { name }, maxAttempts: 3, callback });
    await setRow(id, body.id, { cancel_at: Date.now(), cancel_reason: "requested" });
    expect(eventOf(await deliveryIn(id, body.id, "succeeded")).type).toBe("job.cancelled");
  });

  it("has it told: the gate, of a job that waited for room", async () => {
    const tenant = await newTenant({ concurrency: 1 });
    const held = await runHeldJob(tenant);
    const { body } = await tenant.api.post("/v1/jobs", { type: "noop", callback });
    await tenant.api.post(`/v1/jobs/${body.id}/cancel`);
    await tenant.api.post(`/v1/jobs/${body.id}/cancel`);
    await held.release();
    const { data } = eventOf(await deliveryIn(tenant.id, body.id, "succeeded"));
    expect(data).toMatchObject({ state: "cancelled", cancelReason: "requested", attempt: 0, error: null });
    expect(await deliveriesOf(tenant.id, body.id)).toHaveLength(1);
  });

  it("has it told: a cancellation of many", async () => {
    const { id, api } = await newTenant();
    const jobs = [{ callback }, {}, { callback }].map((job) => ({ type: "noop", queue: "q", delay: "1h", ...job }));
    const { body: batch } = await api.post("/v1/jobs/batch", { jobs });
    const { body: plan } = await api.post("/v1/cancellations", { queue: "q" });
    await api.post(`/v1/cancellations/${plan.id}/confirm`, {});
    for (const index of [0, 2]) await deliveryIn(id, batch.data[index].id, "succeeded");
    expect(await deliveriesOf(id, batch.data[1].id)).toEqual([]);
  });

  it("has it told: the alarm, of a job that has expired", async () => {
    const { id, api } = await newTenant();
    const { body } = await api.post("/v1/jobs", { type: "noop", delay: "1h", expireIn: "2h", callback });
    await setRow(id, body.id, { expires_at: Date.now() - 1 });
    await fireAlarm(id);
    const { data } = eventOf(await deliveryIn(id, body.id, "succeeded"));
    expect(data).toMatchObject({ state: "cancelled", cancelReason: "expired" });
  });

  it.each([
    ["at the crash limit", { crashes: 2 }, { state: "failed", error: { kind: "crash", name: "Crash" } }],
    [
      "whose cancelled attempt has died",
      { cancel_at: 1, cancel_reason: "requested" },
      { state: "cancelled", cancelReason: "requested" },
    ],
  ])("has it told: the alarm, of a job %s", async (_, row, data) => {
    const { id, api } = await newTenant();
    // As a job looks whose Worker has died.
    const { body } = await api.post("/v1/jobs", { type: "noop", delay: "1h", callback });
    const overdue = { due_at: 1, lease_until: 1, started_at: 1, attempt: 1, claim: "gone" };
    await setRow(id, body.id, { state: "running", released: 1, ...overdue, ...row });
    await fireAlarm(id);
    expect(eventOf(await deliveryIn(id, body.id, "succeeded")).data).toMatchObject(data);
  });
});

describe("a lost settle", () => {
  it("strands no callback: the gate's next alarm finds it", async () => {
    const tenant = await newTenant();
    const getByName = env.GATES.getByName.bind(env.GATES);
    const loses = vi.spyOn(env.GATES, "getByName").mockImplementation((name) => {
      const gate = getByName(name);
      return new Proxy(gate, {
        get: (target, method) =>
          method === "settle"
            ? () => Promise.reject(new Error("lost"))
            : (...args: unknown[]) => (target as any)[method](...args),
      });
    });
    const { body } = await tenant.api.post("/v1/jobs", { type: "noop", callback });
    const waiting = await vi.waitFor(
      async () => {
        const [delivery] = await deliveriesOf(tenant.id, body.id);
        expect(delivery).toMatchObject({ state: "scheduled", released: 0 });
        return delivery!;
      },
      { timeout: 10_000, interval: 10 },
    );
    expect(Number(waiting["due_at"])).toBeLessThanOrEqual(Date.now());
    loses.mockRestore();
    await fireAlarm(tenant.id);
    await deliveryIn(tenant.id, body.id, "succeeded");
  });
});

describe("types of Sluice's own", () => {
  it("can be enqueued by no caller, in no way", async () => {
    const { id, api } = await newTenant();
    const job = { type: "sluice.callback", payload: { url: HOOK, event: {} } };
    for (const [path, pointer, body] of [
      ["/v1/jobs", "#/type", job],
      ["/v1/jobs/batch", "#/jobs/0/type", { jobs: [job] }],
      ["/v1/jobs", "#/type", { ...job, type: "sluice.other" }],
    ] as const) {
      const answer = await api.post(path, body);
      expectProblem(answer, "invalid_request");
      expect(answer.body.errors).toMatchObject([{ pointer, code: "reserved_type" }]);
    }
    expectProblem(await api.put("/v1/schedules/nightly", { cron: "* * * * *", ...job }), "invalid_request");
    const own = worker.jobs(env, id) as any;
    await expect(own.enqueue("sluice.callback", job.payload, { id: newJobId() })).rejects.toMatchObject({
      code: "invalid_request",
    });
    expect(await countJobs(id)).toBe(0);
  });

  it("can be handled by no handler of a team's", () => {
    const handler = { ...defineHandler({ type: "mine", input: {} as never, run: () => 1 }), type: "sluice.callback" };
    expect(() => createSluice({ handlers: [handler] })).toThrow('"sluice.callback" is reserved');
  });
});
