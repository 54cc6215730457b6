import { env, exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { createClient, createOperatorClient } from "../../src/client/client.ts";

const { SLUICE_ADMIN_TOKEN } = env as unknown as { SLUICE_ADMIN_TOKEN: string };
const newTenantId = () => `t-${crypto.randomUUID()}`;
const url = "https://sluice.test";
const fetch = (request: Request) => exports.default.fetch(request);
const operatorWith = (token: string) => createOperatorClient({ url, token, fetch });

describe("the operator's client", () => {
  it("makes tenants, changes, suspends, resumes and deletes them", async () => {
    const { tenants } = operatorWith(SLUICE_ADMIN_TOKEN);
    const id = newTenantId();
    const made = await tenants.create({ id, name: "Acme", limits: { rate: 50 } });
    expect(made).toMatchObject({ id, name: "Acme", state: "active", effectiveLimits: { rate: 50 } });
    await expect(tenants.create({ id })).rejects.toMatchObject({ code: "tenant_exists" });
    expect(await tenants.change(id, { limits: { rate: null, burst: 7 } })).toMatchObject({
      name: "Acme",
      limits: { rate: null, burst: 7 },
    });
    expect((await tenants.suspend(id)).state).toBe("suspended");
    expect((await tenants.resume(id)).state).toBe("active");
    expect((await tenants.delete(id)).state).toBe("deleted");
    expect((await tenants.get(id)).state).toBe("deleted");
  });

  it("lists tenants to the last, by id", async () => {
    const { tenants } = operatorWith(SLUICE_ADMIN_TOKEN);
    const made = Array.from({ length: 102 }, () => newTenantId());
    for (const id of made) await tenants.create({ id });
    const listed = (await Array.fromAsync(tenants.list())).map(({ id }) => id);
    expect(listed).toEqual(listed.toSorted());
    expect(new Set(listed).isSupersetOf(new Set(made))).toBe(true);
  });

  it("gives a tenant its keys", async () => {
    const { tenants } = operatorWith(SLUICE_ADMIN_TOKEN);
    const { id } = await tenants.create({ id: newTenantId() });
    const made = await tenants.keys(id).create({ name: "first", scopes: ["jobs:write", "jobs:read"] });
    const { jobs } = createClient({ url, key: made.key, fetch });
    expect(await jobs.enqueue("noop", null)).toMatchObject({ type: "noop" });
    const next = await tenants.keys(id).rotate(made.id, { overlap: 0 });
    await tenants.keys(id).revoke(next.id);
    expect((await tenants.keys(id).list()).map(({ revokedAt }) => revokedAt === null)).toEqual([false, false]);
  });

  it("is refused without the operator's token", async () => {
    await expect(operatorWith("not-the-token").tenants.get("acme")).rejects.toMatchObject({ code: "unauthorized" });
  });
});
