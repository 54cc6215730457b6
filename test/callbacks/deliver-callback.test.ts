import { env } from "cloudflare:workers";
import { Webhook as SvixWebhook } from "svix";
import { afterEach, describe, expect, it, vi } from "vitest";
import { apiOf } from "../support/api.ts";
import { deliveriesOf, deliveryIn, eventOf, tryAgain } from "../support/callbacks.ts";
import { asReceived, HOOK, network, redirect, verifies } from "../support/delivery.ts";
import { createTenant } from "../support/tenants.ts";

const answer =
  (status: number, headers: Record<string, string> = {}) =>
  () =>
    new Response(status === 204 ? null : "no", { status, headers });

async function told(job: object = { type: "greet", payload: { name: "Ada" } }, callback: object = {}) {
  const tenant = await createTenant();
  const api = apiOf(tenant);
  const { body } = await api.post("/v1/jobs?wait=10", { ...job, callback: { url: HOOK, ...callback } });
  return { tenantId: tenant.id, api, job: body };
}

const secretOf = async (api: ReturnType<typeof apiOf>) => (await api.get("/v1/signing-secrets")).body.data[0].secret;

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a callback, from the end of its job to its receiver", () => {
  it("is signed, and verified by the libraries of Standard Webhooks and of Svix", async () => {
    const calls = network(answer(204));
    const { tenantId, api, job } = await told();
    const delivery = await deliveryIn(tenantId, job.id, "succeeded");
    expect(delivery).toMatchObject({ type: "sluice.callback", queue: "sluice.callbacks", attempt: 1 });
    expect(delivery["result"]).toBe('{"status":204}');
    expect(calls).toMatchObject([{ url: HOOK, method: "POST" }]);
    const received = await asReceived(calls[0]);
    const secret = await secretOf(api);
    expect(verifies(received, secret)).toBe(true);
    expect(new SvixWebhook(secret).verify(received.body, received.headers)).toEqual({
      type: "job.succeeded",
      timestamp: job.finishedAt,
      data: {
        id: job.id,
        type: "greet",
        queue: "default",
        state: "succeeded",
        attempt: 1,
        createdAt: job.createdAt,
        finishedAt: job.finishedAt,
        result: "hello Ada",
        resultOmitted: false,
        cancelReason: null,
        error: null,
      },
    });
    expect(received.headers).toMatchObject({
      "webhook-id": delivery.id,
      "content-type": "application/json",
      "user-agent": "Sluice",
    });
  });

  it("is at its receiver at once: nobody waits for an alarm", async () => {
    const begun = Date.now();
    const calls = network(answer(200));
    const { tenantId, job } = await told();
    await deliveryIn(tenantId, job.id, "succeeded");
    expect(calls).toHaveLength(1);
    expect(Date.now() - begun).toBeLessThan(3_000);
  });

  it("tells of a failure with its last error, and without the stack", async () => {
    const calls = network(answer(200));
    const { tenantId, job } = await told({ type: "fatal", payload: { name: "x" } });
    await deliveryIn(tenantId, job.id, "succeeded");
    const { type, data } = JSON.parse((await asReceived(calls[0])).body);
    expect(type).toBe("job.failed");
    expect(data).toMatchObject({ state: "failed", result: null, resultOmitted: false });
    expect(data.error).toEqual({ kind: "error", name: "FatalError", message: "never again" });
  });

  it.each([
    ["up to 16 KB is carried", 16_000, false],
    ["above 16 KB is left out", 17_000, true],
    ["that is kept in R2 is left out", 40_000, true],
  ])("a result %s", async (_, bytes, omitted) => {
    const calls = network(answer(200));
    const { tenantId, job } = await told({ type: "sized", payload: { bytes } });
    await deliveryIn(tenantId, job.id, "succeeded");
    const { data } = JSON.parse((await asReceived(calls[0])).body);
    expect(data).toMatchObject({ resultOmitted: omitted, result: omitted ? null : "x".repeat(bytes) });
  });

  it("carries any JSON as it is, and leaves out what is nested too deep for the database", async () => {
    network(answer(200), answer(200));
    const odd = { "ö,\"'": [null, true, 1.5e-7, "😀 \u0000"], nested: { "": [] } };
    const { tenantId, job } = await told({ type: "echo", payload: odd });
    expect(eventOf(await deliveryIn(tenantId, job.id, "succeeded")).data.result).toEqual(odd);
    let deep: unknown = 1;
    for (let level = 0; level < 1_500; level++) deep = [deep];
    const second = await told({ type: "echo", payload: deep });
    expect(second.job.state).toBe("succeeded");
    expect(eventOf(await deliveryIn(second.tenantId, second.job.id, "succeeded")).data).toMatchObject({
      result: null,
      resultOmitted: true,
    });
  });
});

describe("a receiver that does not take it", () => {
  it.each([302, 400, 404, 429, 500, 503])("and answers %i gets it again, the very same, in 5 s", async (status) => {
    const no = status === 302 ? () => redirect(302, "https://elsewhere.example.com/") : answer(status);
    const calls = network(no, answer(204));
    const { tenantId, api, job } = await told();
    const waiting = await deliveryIn(tenantId, job.id, "retrying");
    const [error] = JSON.parse(String(waiting["errors"]));
    expect(error.message).toContain(`hooks.example.com answered ${status}`);
    expect(Number(waiting["due_at"]) - error.at).toBe(5_000);
    expect(await tryAgain(tenantId, waiting.id)).toMatchObject({ state: "succeeded" });
    expect(calls.map(({ url }) => url)).toEqual([HOOK, HOOK]);
    const [first, second] = await Promise.all(calls.map(asReceived));
    expect(second!.body).toBe(first!.body);
    expect(second!.headers["webhook-id"]).toBe(first!.headers["webhook-id"]);
    expect(verifies(second!, await secretOf(api))).toBe(true);
  });

  it.each([429, 503])("and answers %i with Retry-After is given that time", async (status) => {
    network(answer(status, { "Retry-After": "120" }));
    const { tenantId, job } = await told();
    const waiting = await deliveryIn(tenantId, job.id, "retrying");
    const [error] = JSON.parse(String(waiting["errors"]));
    expect(Number(waiting["due_at"]) - error.at).toBe(120_000);
  });

  it("is not asked earlier for a Retry-After that is short, which would use up the tries", async () => {
    network(answer(503, { "Retry-After": "1" }));
    const { tenantId, job } = await told();
    const waiting = await deliveryIn(tenantId, job.id, "retrying");
    const [error] = JSON.parse(String(waiting["errors"]));
    expect(Number(waiting["due_at"]) - error.at).toBe(5_000);
  });

  it("is asked ten times in three days", async () => {
    network();
    const { tenantId, job } = await told();
    let row = await deliveryIn(tenantId, job.id, "retrying");
    const delays: number[] = [];
    while (row["state"] === "retrying") {
      const { at } = JSON.parse(String(row["errors"])).at(-1);
      delays.push((Number(row["due_at"]) - at) / 60_000);
      row = await tryAgain(tenantId, row.id);
    }
    expect(row).toMatchObject({ state: "failed", attempt: 10, failures: 10 });
    expect(delays).toEqual([5 / 60, 5, 30, 120, 300, 600, 840, 1_200, 1_440]);
    expect(delays.reduce((sum, delay) => sum + delay) / 60 / 24).toBeCloseTo(3.15, 2);
  });

  it("and is no public address by now is not called", async () => {
    const calls = network();
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const { body: job } = await api.post("/v1/jobs", { type: "noop", delay: "1h", callback: { url: HOOK } });
    await env.DB.prepare("UPDATE jobs SET callback = json_set(callback, '$.url', 'http://10.0.0.1/') WHERE id = ?1")
      .bind(job.id)
      .run();
    await api.post(`/v1/jobs/${job.id}/run`);
    const failed = await deliveryIn(tenant.id, job.id, "failed");
    expect(String(failed["errors"])).toContain("10.0.0.1 is refused");
    expect(calls).toEqual([]);
  });
});

describe("a receiver that answers 410", () => {
  it("is disabled: that delivery has failed, and the next is never sent", async () => {
    const calls = network(answer(410));
    const { tenantId, api, job } = await told();
    const failed = await deliveryIn(tenantId, job.id, "failed");
    expect(failed).toMatchObject({ attempt: 1, failures: 1 });
    expect(String(failed["errors"])).toContain("has answered 410");
    expect((await api.get("/v1/disabled-receivers")).body).toEqual({
      data: [{ url: HOOK, disabledAt: expect.stringMatching(/Z$/), jobId: failed.id }],
    });
    const { body: next } = await api.post("/v1/jobs?wait=10", { type: "noop", callback: { url: HOOK } });
    const [unsent] = await deliveriesOf(tenantId, next.id);
    expect(unsent).toMatchObject({ state: "failed", attempt: 0, released: 0, due_at: null });
    expect(next.callback.jobId).toBe(unsent!.id);
    const { body: shown } = await api.get(`/v1/jobs/${unsent!.id}`);
    expect(shown).toMatchObject({ parentId: next.id, errors: [{ name: "ReceiverDisabled" }] });
    expect(calls).toHaveLength(1);
  });

  it("gets nothing of what was waiting for its next try either", async () => {
    const calls = network(answer(500), answer(410));
    const { tenantId, api, job } = await told();
    const waiting = await deliveryIn(tenantId, job.id, "retrying");
    const { body: other } = await api.post("/v1/jobs?wait=10", { type: "noop", callback: { url: HOOK } });
    await deliveryIn(tenantId, other.id, "failed");
    expect(await tryAgain(tenantId, waiting.id)).toMatchObject({ state: "failed", attempt: 2 });
    expect(calls).toHaveLength(2);
  });

  it("is disabled for its tenant, and under its very URL", async () => {
    const calls = network(answer(410), answer(204), answer(204));
    const { tenantId, api, job } = await told();
    await deliveryIn(tenantId, job.id, "failed");
    const stranger = await told();
    expect((await stranger.api.get("/v1/disabled-receivers")).body.data).toEqual([]);
    await deliveryIn(stranger.tenantId, stranger.job.id, "succeeded");
    const { body: other } = await api.post("/v1/jobs?wait=10", { type: "noop", callback: { url: `${HOOK}/2` } });
    await deliveryIn(tenantId, other.id, "succeeded");
    expect(calls.map(({ url }) => url)).toEqual([HOOK, HOOK, `${HOOK}/2`]);
  });

  it("gets callbacks again once it is enabled, and replays of those that it has missed", async () => {
    const calls = network(answer(410), answer(204), answer(204));
    const { tenantId, api, job } = await told();
    await deliveryIn(tenantId, job.id, "failed");
    const { body: missed } = await api.post("/v1/jobs?wait=10", { type: "noop", callback: { url: HOOK } });
    const [unsent] = await deliveriesOf(tenantId, missed.id);
    const url = encodeURIComponent(HOOK);
    expect((await api.delete(`/v1/disabled-receivers?url=${url}`)).status).toBe(204);
    expect((await api.delete(`/v1/disabled-receivers?url=${url}`)).body.code).toBe("receiver_not_found");
    const { body: replay } = await api.post(`/v1/jobs/${unsent!.id}/replay`, {});
    expect((await api.get(`/v1/jobs/${replay.id}?wait=10`)).body).toMatchObject({ state: "succeeded", attempt: 1 });
    const { body: next } = await api.post("/v1/jobs?wait=10", { type: "noop", callback: { url: HOOK } });
    await deliveryIn(tenantId, next.id, "succeeded");
    expect(JSON.parse((await asReceived(calls[1])).body).data.id).toBe(missed.id);
    expect(calls).toHaveLength(3);
  });

  it("gets the same once more when it could not be remembered", async () => {
    network(answer(410), answer(410));
    const prepare = env.DB.prepare.bind(env.DB);
    const fails = vi.spyOn(env.DB, "prepare").mockImplementation((sql) => {
      if (sql.includes("INSERT INTO disabled_receivers")) throw new Error("D1_ERROR: Network connection lost.");
      return prepare(sql);
    });
    const { tenantId, api, job } = await told();
    const waiting = await deliveryIn(tenantId, job.id, "retrying");
    expect(String(waiting["errors"])).toContain("the disabled receivers cannot be");
    fails.mockRestore();
    expect(await tryAgain(tenantId, waiting.id)).toMatchObject({ state: "failed" });
    expect((await api.get("/v1/disabled-receivers")).body.data).toHaveLength(1);
  });
});
