import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { deleteTenants } from "../../src/maintenance/delete-tenants.ts";
import { TENANT_TABLES } from "../../src/storage/delete-tenant.ts";
import { disableReceiver } from "../../src/storage/disabled-receivers.ts";
import { apiOf, request, upload } from "../support/api.ts";
import { finishedJobs } from "../support/finished-jobs.ts";
import { gateOf, stubOf } from "../support/gate.ts";
import { newKey, operator } from "../support/operator.ts";
import { expectProblem } from "../support/problems.ts";
import { setRow } from "../support/rows.ts";
import { createTenant } from "../support/tenants.ts";

const MINUTE = 60_000;
const inMinutes = (minutes: number) => Date.now() + minutes * MINUTE;

afterEach(async () => {
  vi.restoreAllMocks();
  await env.DB.prepare("DELETE FROM tenants WHERE deleted_at IS NOT NULL").run();
  await env.DB.prepare("DELETE FROM chores").run();
});

/** How many rows and objects a tenant has, where it has any. */
async function leftOf(id: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of TENANT_TABLES) {
    const count = env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE tenant_id = ?1`).bind(id);
    counts[table] = (await count.first<number>("n")) ?? 0;
  }
  counts.objects = (await env.BLOBS.list({ prefix: `${id}/` })).objects.length;
  counts.tenants = (await env.DB.prepare("SELECT count(*) AS n FROM tenants WHERE id = ?1").bind(id).first("n")) ?? 0;
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

/** A tenant with something everywhere. */
async function fullTenant() {
  const tenant = await createTenant();
  const api = apiOf(tenant);
  const { body: blob } = await upload(tenant, "hello");
  await api.post("/v1/jobs?wait=10", { type: "shout", payload: { text: { blob: blob.id } } });
  await api.post("/v1/jobs?wait=10", { type: "echo", payload: "x".repeat(40_000) });
  await api.post("/v1/jobs", { type: "noop", delay: "1d" });
  await api.post("/v1/jobs/batch", { jobs: [{ type: "noop", delay: "1d" }], group: {} });
  await api.post("/v1/replays", { type: "noop" });
  await api.put("/v1/schedules/nightly", { type: "noop", cron: "0 0 * * *" });
  await api.put("/v1/queues/mail", { rate: { limit: 1, period: "1h" } });
  await api.get("/v1/signing-secrets");
  await newKey(tenant.id);
  const { body: hook } = await api.put("/v1/endpoints/hook", { type: "noop", provider: "github", secret: "a secret" });
  await request(new URL(hook.url).pathname, { method: "POST", body: "not signed" });
  await api.put("/v1/alerts/late", { measure: "oldest_due_age", threshold: "5m", url: "https://alerts.example/" });
  await disableReceiver(env.DB, tenant.id, { url: "https://gone.example/", jobId: "x", disabledAt: 1 });
  expect(Object.keys(await leftOf(tenant.id)).toSorted()).toEqual([...TENANT_TABLES, "objects", "tenants"].toSorted());
  return tenant;
}

describe("a deleted tenant", () => {
  it("leaves nothing behind, in the database, in R2 or in its gate, and its id can be used again", async () => {
    const [tenant, other] = [await fullTenant(), await fullTenant()];
    const kept = await leftOf(other.id);
    await operator.delete(`/v1/tenants/${tenant.id}`);
    await deleteTenants(env, inMinutes(3));
    expect(await leftOf(tenant.id)).toEqual({});
    expect(await leftOf(other.id)).toEqual(kept);
    const own = await runInDurableObject(stubOf(tenant.id), async (_, { storage }) => [
      [...storage.kv.list()],
      await storage.getAlarm(),
    ]);
    expect(own).toEqual([[], null]);
    expectProblem(await operator.get(`/v1/tenants/${tenant.id}`), "tenant_not_found");
    expect((await operator.post("/v1/tenants", { id: tenant.id })).status).toBe(201);
    const api = apiOf(await newKey(tenant.id));
    expect((await api.post("/v1/jobs?wait=10", { type: "noop" })).body.state).toBe("succeeded");
    expect((await api.get("/v1/jobs")).body.data).toHaveLength(1);
  });

  it("is left alone while an isolate may still trust what it knew of it", async () => {
    const tenant = await fullTenant();
    const before = await leftOf(tenant.id);
    await deleteTenants(env, inMinutes(600));
    await operator.delete(`/v1/tenants/${tenant.id}`);
    await deleteTenants(env, inMinutes(1));
    expect(await leftOf(tenant.id)).toEqual(before);
  });

  it("is left alone while a job of it runs, for an hour at most", async () => {
    const tenant = await fullTenant();
    const [id = ""] = await finishedJobs(tenant.id, 1);
    await operator.delete(`/v1/tenants/${tenant.id}`);
    const running = { state: "running", released: 1, finished_at: null, lease_until: 1, claim: "token", due_at: 1 };
    await setRow(tenant.id, id, running);
    const before = await leftOf(tenant.id);
    await deleteTenants(env, inMinutes(59));
    expect(await leftOf(tenant.id)).toEqual(before);
    await deleteTenants(env, inMinutes(61));
    expect(await leftOf(tenant.id)).toEqual({});
  });

  it("is deleted a little at a time, tick by tick, beside others", async () => {
    const [large, small] = [await createTenant(), await fullTenant()];
    for (let n = 0; n < 32; n++) await finishedJobs(large.id, 1_000, { createdAt: Date.now() - n * 1_000 - 3_600_000 });
    for (const { id } of [large, small]) await operator.delete(`/v1/tenants/${id}`);
    await deleteTenants(env, inMinutes(3));
    const left = (await leftOf(large.id)).jobs ?? 0;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(32_000);
    await deleteTenants(env, inMinutes(4));
    expect([await leftOf(large.id), await leftOf(small.id)]).toEqual([{}, {}]);
  });

  it("is deleted in the end, whatever fails on the way", async () => {
    const tenant = await fullTenant();
    await operator.delete(`/v1/tenants/${tenant.id}`);
    const once = { R2: 0, gate: 0 };
    vi.spyOn(env.BLOBS, "delete").mockImplementationOnce(async () => {
      once.R2++;
      throw new Error("R2 is away");
    });
    await expect(deleteTenants(env, inMinutes(3))).rejects.toThrow("R2 is away");
    vi.spyOn(env.GATES, "getByName").mockImplementationOnce(() => {
      once.gate++;
      throw new Error("the object is out of reach");
    });
    await expect(deleteTenants(env, inMinutes(4))).rejects.toThrow("out of reach");
    expect([once, (await leftOf(tenant.id)).tenants]).toEqual([{ R2: 1, gate: 1 }, 1]);
    await deleteTenants(env, inMinutes(5));
    expect(await leftOf(tenant.id)).toEqual({});
  });

  it("costs no write while there is none", async () => {
    const prepare = vi.spyOn(env.DB, "prepare");
    await deleteTenants(env, inMinutes(3));
    expect(prepare.mock.calls.filter(([sql]) => !sql.trimStart().toUpperCase().startsWith("SELECT"))).toEqual([]);
  });
});

describe("the tables with rows of tenants", () => {
  it("are all known to the deletion", async () => {
    const { results } = await env.DB.prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%tenant_id%' ORDER BY name",
    ).all<{ name: string }>();
    expect(results.map(({ name }) => name)).toEqual([...TENANT_TABLES].toSorted());
  });

  it("count what is settled late for a tenant that is gone as nothing", async () => {
    const { id } = await createTenant();
    await operator.delete(`/v1/tenants/${id}`);
    await deleteTenants(env, inMinutes(3));
    await gateOf(id).settle([{ id: "job", attempt: 1, state: "succeeded", dueAt: null }]);
    expect(await leftOf(id)).toEqual({});
  });
});
