import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { drain } from "../../src/testing/drain.ts";
import { apiOf } from "../support/api.ts";
import { hold } from "../support/handlers.ts";
import { createTenant } from "../support/tenants.ts";

describe("drain", () => {
  it("runs jobs to their ends and returns them, without waiting for the times between attempts", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const began = Date.now();
    await api.post("/v1/jobs", { type: "greet", payload: { name: "Ada" } });
    await api.post("/v1/jobs", { type: "later", payload: { name: "x", after: 3_600 }, maxAttempts: 3 });
    const jobs = await drain(env, tenant.id);
    expect(jobs.map(({ state, attempt, result }) => [state, attempt, result])).toEqual([
      ["succeeded", 1, "hello Ada"],
      ["failed", 3, null],
    ]);
    expect(Date.now() - began).toBeLessThan(10_000);
  });

  it("runs more jobs than there is room for", async () => {
    const tenant = await createTenant({ concurrency: 10 });
    const jobs = Array.from({ length: 110 }, (_, payload) => ({ type: "echo", payload }));
    await apiOf(tenant).post("/v1/jobs/batch", { jobs });
    expect((await drain(env, tenant.id)).map(({ result }) => result)).toEqual(jobs.map(({ payload }) => payload));
  });

  it("has nothing to do for a tenant without jobs", async () => {
    expect(await drain(env, (await createTenant()).id)).toEqual([]);
  });

  it("says what has not finished in time", async () => {
    const tenant = await createTenant();
    const name = crypto.randomUUID();
    const held = hold(name);
    const { body } = await apiOf(tenant).post("/v1/jobs", { type: "held", payload: { name } });
    await expect(drain(env, tenant.id, { timeoutMs: 300 })).rejects.toThrow(
      new RegExp(`Not finished: held ${body.id} is (queued|running)`),
    );
    held.resolve();
    expect(await drain(env, tenant.id)).toMatchObject([{ state: "succeeded" }]);
  });
});
