import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it } from "vitest";
import { drain } from "../../src/testing/drain.ts";
import { apiOf } from "../support/api.ts";
import { releaseHeldJobs, runHeldJob } from "../support/held-jobs.ts";
import { expectProblem } from "../support/problems.ts";
import { rowOf, setRow } from "../support/rows.ts";
import { countJobs } from "../support/stored-jobs.ts";
import { createTenant } from "../support/tenants.ts";

afterEach(releaseHeldJobs);

const sync = (payload: unknown, unique: object = {}, options = {}) => ({ type: "echo", payload, unique, ...options });

/** A tenant whose jobs wait, since its only slot is taken. */
async function busyTenant() {
  const tenant = await createTenant({ concurrency: 1 });
  const held = await runHeldJob(tenant);
  return { tenant, api: apiOf(tenant), held };
}

describe("a unique job", () => {
  it("is answered with the one that is there until that has finished", async () => {
    const { tenant, api, held } = await busyTenant();
    const first = await api.post("/v1/jobs", sync("shop 1"));
    const again = await api.post("/v1/jobs", sync("shop 1"));
    expect([again.status, again.body.id]).toEqual([202, first.body.id]);
    expect(again.headers.get("Idempotent-Replayed")).toBe("true");
    expect((await api.post("/v1/jobs", sync("shop 2"))).body.id).not.toBe(first.body.id);
    expect((await api.post("/v1/jobs", { type: "echo", payload: "shop 1" })).body.id).not.toBe(first.body.id);
    await held.release();
    await drain(env, tenant.id);
    expect((await api.post("/v1/jobs", sync("shop 1"))).body.id).not.toBe(first.body.id);
  });

  it.each([
    ["failed", { type: "fatal", payload: { name: "x" } }],
    ["succeeded", { type: "noop" }],
  ])("makes place for the next when it has %s", async (state, job) => {
    const api = apiOf(await createTenant());
    const first = await api.post("/v1/jobs?wait=10", { ...job, unique: {} });
    expect(first.body.state).toBe(state);
    expect((await api.post("/v1/jobs", { ...job, unique: {} })).body.id).not.toBe(first.body.id);
  });

  it("makes place for the next when it is cancelled, while it waits or by its end", async () => {
    const { tenant, api, held } = await busyTenant();
    const first = await api.post("/v1/jobs", sync(1));
    await api.post(`/v1/jobs/${first.body.id}/cancel`);
    const second = await api.post("/v1/jobs", sync(1, {}, { expireIn: "1h" }));
    expect(second.body.id).not.toBe(first.body.id);
    await setRow(tenant.id, second.body.id, { expires_at: Date.now() - 1 });
    await held.release();
    await drain(env, tenant.id);
    expect(await rowOf(tenant.id, second.body.id)).toMatchObject({ cancel_reason: "expired", unique_key: null });
  });

  it("stays the only one between two attempts", async () => {
    const api = apiOf(await createTenant());
    const job = { type: "later", payload: { name: "x", after: 3_600 }, unique: {} };
    const [first, again] = [await api.post("/v1/jobs", job), await api.post("/v1/jobs", job)];
    expect(again.body.id).toBe(first.body.id);
  });

  it("may be the only one for a time, finished or not", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const job = sync("hourly", { while: "1h" });
    const first = await api.post("/v1/jobs?wait=10", job);
    expect(first.body.state).toBe("succeeded");
    const again = await api.post("/v1/jobs", job);
    expect(again.body).toMatchObject({ id: first.body.id, state: "succeeded" });
    await setRow(tenant.id, first.body.id, { unique_until: Date.now() - 1 });
    expect((await api.post("/v1/jobs", job)).body.id).not.toBe(first.body.id);
  });

  it("is the same in what `by` says, and in nothing else", async () => {
    const { api } = await busyTenant();
    const ids = async (...jobs: object[]) => {
      const answers = [];
      for (const job of jobs) answers.push((await api.post("/v1/jobs", job)).body.id);
      return new Set(answers).size;
    };
    expect(await ids(sync(1, { by: ["type"] }), sync(2, { by: ["type"] }))).toBe(1);
    expect(await ids(sync(3, { by: ["payload"] }), { ...sync(3, { by: ["payload"] }), type: "noop" })).toBe(1);
    const queues = { by: ["type", "queue"] };
    expect(
      await ids(sync(4, queues, { queue: "a" }), sync(4, queues, { queue: "b" }), sync(5, queues, { queue: "a" })),
    ).toBe(2);
    expect(await ids(sync(6, { by: ["payload", "type"] }), sync(6, { by: ["type", "payload"] }))).toBe(1);
  });

  it("is made once when many ask for it at once, and in one batch", async () => {
    const { tenant, api } = await busyTenant();
    const answers = await Promise.all(Array.from({ length: 30 }, () => api.post("/v1/jobs", sync("same"))));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    const { body } = await api.post("/v1/jobs/batch", {
      jobs: [sync("same"), sync("new"), sync("new"), sync("other")],
    });
    expect(new Set(body.data.map(({ id }: { id: string }) => id)).size).toBe(3);
    // The held one, and those three.
    expect(await countJobs(tenant.id)).toBe(4);
  });

  it("takes no token and no place of its own", async () => {
    const tenant = await createTenant({ rate: 1, burst: 3 });
    const api = apiOf(tenant);
    const job = { type: "later", payload: { name: "x", after: 3_600 }, unique: {} };
    for (let count = 0; count < 6; count++) expect((await api.post("/v1/jobs", job)).status).toBe(202);
    expect(await countJobs(tenant.id)).toBe(1);
  });

  it("is another tenant's business not at all", async () => {
    const [one, two] = [apiOf(await createTenant()), apiOf(await createTenant())];
    const first = await one.post("/v1/jobs", sync("shop", {}, { delay: "1h" }));
    expect((await two.post("/v1/jobs", sync("shop", {}, { delay: "1h" }))).body.id).not.toBe(first.body.id);
  });

  it("does not excuse an id or a key that is another request's", async () => {
    const { api } = await busyTenant();
    await api.post("/v1/jobs", sync(1, {}, { idempotencyKey: "k" }));
    expectProblem(await api.post("/v1/jobs", sync(2, {}, { idempotencyKey: "k" })), "idempotency_key_reused");
  });
});
