import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { callGate } from "../../src/api/gate-client.ts";
import { consumeBatch } from "../../src/consumer/consume-batch.ts";
import { ANYWHERE, JURISDICTIONS, LOCATION_HINTS } from "../../src/domain/region.ts";
import { createRegistry } from "../../src/domain/registry.ts";
import type { SluiceEnv } from "../../src/env.ts";
import { Sender } from "../../src/gate/sender.ts";
import { gateStub } from "../../src/gate-stub.ts";
import { deleteTenants } from "../../src/maintenance/delete-tenants.ts";
import { pokeStranded } from "../../src/maintenance/poke-stranded.ts";
import type { GateRpc } from "../../src/protocol/gate.ts";
import { queueMessageSchema } from "../../src/protocol/queue-message.ts";
import { apiOf } from "../support/api.ts";
import { draft } from "../support/drafts.ts";
import { fireAlarm, gateOf } from "../support/gate.ts";
import { handlers } from "../support/handlers.ts";
import { operator } from "../support/operator.ts";
import { statesOf } from "../support/rows.ts";
import { interceptSends } from "../support/sends.ts";
import { createTenant } from "../support/tenants.ts";
import sluice from "../support/worker.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/**
 * Gates as on Cloudflare's network, where the local runtime has none but those of no jurisdiction: writes down which
 * object is asked for, and passes the call on to the local one of that name.
 */
function worldwide() {
  const asked: string[] = [];
  const namespace = (jurisdiction: string) => ({
    jurisdiction: (name: string) => namespace(name),
    getByName: (name: string, options?: { locationHint: string }) => {
      asked.push([jurisdiction, options?.locationHint, name].filter(Boolean).join("/"));
      return gateOf(name);
    },
  });
  const gates = namespace("") as unknown as SluiceEnv["GATES"];
  return { asked, env: { ...env, GATES: gates } as SluiceEnv };
}

async function tenantIn(region: { jurisdiction?: string; locationHint?: string }) {
  const tenant = await createTenant();
  const { jurisdiction = null, locationHint = null } = region;
  await env.DB.prepare("UPDATE tenants SET jurisdiction = ?2, location_hint = ?3 WHERE id = ?1")
    .bind(tenant.id, jurisdiction, locationHint)
    .run();
  return tenant;
}

describe("a gate's stub", () => {
  it("asks for the object of the tenant's jurisdiction, with its hint", () => {
    const { asked, env: there } = worldwide();
    for (const locationHint of [null, ...LOCATION_HINTS]) {
      for (const jurisdiction of [null, ...JURISDICTIONS]) {
        gateStub(there.GATES, "acme", { locationHint, jurisdiction });
        expect(asked.pop()).toBe([jurisdiction, locationHint, "acme"].filter(Boolean).join("/"));
      }
    }
    expect(asked).toEqual([]);
  });

  it("is the same as ever for a tenant of no region", async () => {
    const { id } = await createTenant();
    const stub = gateStub(env.GATES, id, ANYWHERE) as unknown as DurableObjectStub;
    expect(stub.id.equals(env.GATES.idFromName(id))).toBe(true);
  });

  it("with a hint is that of the same object", async () => {
    const { id } = await tenantIn({ locationHint: "apac-se" });
    expect(await callGate(env, id, (gate) => gate.enqueue([draft({ dueAt: Date.now() + 60_000 })]))).toMatchObject({
      kind: "admitted",
    });
    expect(await statesOf(id)).toEqual({ scheduled: 1 });
  });
});

describe("a tenant with a region is called there", () => {
  it("by the API, which knows it from the key", async () => {
    const { asked, env: there } = worldwide();
    const tenant = await tenantIn({ jurisdiction: "eu", locationHint: "weur" });
    const headers = { Authorization: `Bearer ${tenant.key}`, "content-type": "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify({ type: "noop", delay: "1d" }) };
    const prepare = vi.spyOn(env.DB, "prepare");
    const enqueue = async () =>
      (await sluice.app.request("https://sluice.test/v1/jobs", init, there, createExecutionContext())).status;
    expect([await enqueue(), await enqueue()]).toEqual([202, 202]);
    expect(asked).toEqual([`eu/weur/${tenant.id}`, `eu/weur/${tenant.id}`]);
    // One reading, of the key: nothing is asked for the region's sake.
    const lookups = prepare.mock.calls.filter(([sql]) => /from "(tenants|api_keys)"/.test(sql));
    expect(lookups).toHaveLength(1);
  });

  it("by code of the same Worker, which reads it once", async () => {
    const { asked, env: there } = worldwide();
    const { id } = await tenantIn({ jurisdiction: "us" });
    const prepare = vi.spyOn(env.DB, "prepare");
    const jobs = sluice.jobs(there, id);
    await jobs.enqueue("noop", null, { delay: "1d" });
    await jobs.enqueue("noop", null, { delay: "1d" });
    expect(asked).toEqual([`us/${id}`, `us/${id}`]);
    expect(prepare.mock.calls.filter(([sql]) => /from "tenants"/.test(sql))).toHaveLength(1);
  });

  it("by the operator", async () => {
    const { asked, env: there } = worldwide();
    const token = (env as unknown as { SLUICE_ADMIN_TOKEN: string }).SLUICE_ADMIN_TOKEN;
    const headers = { Authorization: `Bearer ${token}`, "content-type": "application/json" };
    const id = `t-${crypto.randomUUID()}`;
    const post = (path: string, body?: object) =>
      sluice.app.request(
        `https://sluice.test/v1/tenants${path}`,
        { method: "POST", headers, ...(body && { body: JSON.stringify(body) }) },
        there,
      );
    const made = await post("", { id, region: { jurisdiction: "fedramp" } });
    expect(await made.json()).toMatchObject({ id, region: { jurisdiction: "fedramp", locationHint: null } });
    await post(`/${id}/suspend`);
    expect(new Set(asked)).toEqual(new Set([`fedramp/${id}`]));
  });

  it("by the consumer, which knows it from the message", async () => {
    const { asked, env: there } = worldwide();
    const tenants = [await tenantIn({ jurisdiction: "eu" }), await createTenant()];
    interceptSends();
    const bodies = await Promise.all(
      tenants.map(async ({ id }, index) => {
        const job = draft();
        await gateOf(id).enqueue([job]);
        return { v: 1, tenantId: id, jobIds: [job.id], ...(index === 0 && { jurisdiction: "eu" }) };
      }),
    );
    const messages = bodies.map((body, n) => ({ id: `m${n}`, timestamp: new Date(), attempts: 1, body }));
    const batch = createMessageBatch("sluice-jobs", messages);
    await consumeBatch(batch, there, createRegistry(handlers));
    expect((await getQueueResult(batch, createExecutionContext())).outcome).toBe("ok");
    expect(asked.toSorted()).toEqual([`eu/${tenants[0]!.id}`, tenants[1]!.id].toSorted());
    for (const { id } of tenants) expect(await statesOf(id)).toEqual({ succeeded: 1 });
  });

  it("by the cron trigger, to poke its gate and to delete it", async () => {
    const { asked, env: there } = worldwide();
    const { id } = await tenantIn({ jurisdiction: "eu", locationHint: "weur" });
    interceptSends();
    await gateOf(id).enqueue([draft()]);
    await pokeStranded(there, Date.now() + 3_600_000);
    expect(asked).toContain(`eu/weur/${id}`);
    asked.length = 0;
    await env.DB.prepare("UPDATE tenants SET suspended_at = 1, deleted_at = 1 WHERE id = ?1").bind(id).run();
    await deleteTenants(there, Date.now());
    expect(asked).toEqual([`eu/weur/${id}`]);
  });
});

describe("a message", () => {
  it.each([
    ["eu" as const, { jurisdiction: "eu" }],
    [null, {}],
  ])(
    "of a tenant whose jurisdiction is %s says so, and is read by consumers old and new",
    async (jurisdiction, extra) => {
      const sent: object[] = [];
      const queue = { sendBatch: async (messages: { body: object }[]) => void sent.push(...messages) };
      const sender = new Sender(
        { JOBS: queue, ISOLATED: queue } as never,
        { tenantId: "acme", jurisdiction },
        { isQuiet: () => false, isFollowed: () => false },
      );
      sender.send([{ id: "job", isolated: 0, solo: 0, payloadBytes: 2 }]);
      await vi.waitFor(() => expect(sent).toHaveLength(1));
      const body = { v: 1, tenantId: "acme", jobIds: ["job"], ...extra };
      expect(sent).toEqual([{ body, contentType: "json" }]);
      expect(queueMessageSchema.parse(body)).toEqual(body);
      expect(queueMessageSchema.omit({ jurisdiction: true }).parse(body)).toMatchObject({ v: 1, tenantId: "acme" });
    },
  );

  it("is sent with the jurisdiction that the tenant's row has", async () => {
    const { id } = await tenantIn({ jurisdiction: "eu" });
    const sends = interceptSends();
    const gate: GateRpc = gateOf(id);
    await gate.enqueue([draft()]);
    await vi.waitFor(() => {
      const bodies = sends.mock.calls.flatMap(([messages]) => messages.map(({ body }) => body));
      expect(bodies.find(({ tenantId }) => tenantId === id)).toMatchObject({ jurisdiction: "eu" });
    });
    await fireAlarm(id);
  });
});

describe("the local runtime", () => {
  it("has no jurisdictions: a tenant that asks for one is refused, and what it has is said", async () => {
    const id = `t-${crypto.randomUUID()}`;
    const { body } = await operator.post("/v1/tenants", { id, region: { jurisdiction: "eu" } });
    expect(body.errors[0].detail).toContain('this runtime has no jurisdiction "eu"');
    const hinted = await operator.post("/v1/tenants", { id, region: { locationHint: "weur" } });
    expect(hinted.status).toBe(201);
    const { body: key } = await operator.post(`/v1/tenants/${id}/keys`, { name: "k", scopes: ["jobs:write"] });
    expect((await apiOf(key).post("/v1/jobs?wait=10", { type: "noop" })).body.state).toBe("succeeded");
  });
});
