import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { findKeyOwner, insertKey, listKeys, revokeKey, rotateKey } from "../../src/storage/api-keys.ts";
import { findDeletedTenants } from "../../src/storage/delete-tenant.ts";
import { assertFence, isFenced, raiseFence } from "../../src/storage/gate-fence.ts";
import { changeTenant, markDeleted, readTenant, suspendTenant } from "../../src/storage/tenants.ts";
import { meterD1 } from "../support/metered-d1.ts";
import { createTenant } from "../support/tenants.ts";

const NOW = Date.now();

describe("a tenant that is marked as deleted", () => {
  it("fences off the gate that it has, and gets no other", async () => {
    const { id } = await createTenant();
    const { fence } = (await raiseFence(env.DB, id))!;
    await suspendTenant(env.DB, id, NOW);
    expect(await markDeleted(env.DB, id, NOW)).toMatchObject({ id, deletedAt: NOW });
    const late = env.DB.batch([assertFence(env.DB, fence, NOW + 60_000)]);
    expect(isFenced(await late.catch((error: unknown) => error))).toBe(true);
    expect(await raiseFence(env.DB, id)).toBeNull();
  });

  it("is suspended before, and marked once", async () => {
    const { id } = await createTenant();
    expect(await markDeleted(env.DB, id, NOW)).toBeNull();
    await suspendTenant(env.DB, id, NOW);
    await markDeleted(env.DB, id, NOW);
    expect(await markDeleted(env.DB, id, NOW + 1)).toBeNull();
    expect(await changeTenant(env.DB, id, { name: "again" })).toBeNull();
    expect(await readTenant(env.DB, id)).toMatchObject({ name: id, deletedAt: NOW });
  });
});

describe("the rows that tenants and keys cost", () => {
  const secret = (n: number) => ({ hash: `${crypto.randomUUID()}${n}`, hint: "abcd" });
  const key = { name: "k", scopes: ["manage"], types: null, expiresAt: null, createdAt: NOW } as const;

  it("are few, however many keys others have", async () => {
    const [tenant, other] = [await createTenant(), await createTenant()];
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
       INSERT INTO api_keys (hash, tenant_id, name, created_at) SELECT ?1 || i, ?1, i, i FROM n`,
    )
      .bind(other.id)
      .run();
    const total = async (run: (db: D1Database) => Promise<unknown>) => {
      const meter = meterD1(env.DB);
      await run(meter.db);
      return meter.total();
    };
    const first = secret(1);
    const made = await total((db) => insertKey(db, tenant.id, first, { id: "first", ...key }));
    expect(made.written).toBe(2);
    expect(made.read).toBeLessThanOrEqual(30);
    const rotation = { id: "second", expiresAt: undefined, now: NOW, overlapMs: 1_000 };
    const rotated = await total((db) => rotateKey(db, tenant.id, "first", secret(2), rotation));
    expect(rotated.written).toBe(3);
    expect(rotated.read).toBeLessThanOrEqual(60);
    const revoked = await total((db) => revokeKey(db, tenant.id, "first", NOW));
    expect(revoked.written).toBe(1);
    expect((await total((db) => listKeys(db, tenant.id))).read).toBeLessThanOrEqual(10);
    expect((await total((db) => findKeyOwner(db, first.hash))).read).toBeLessThanOrEqual(2);
  });

  it("are none for looking after deleted tenants where there are none", async () => {
    for (let n = 0; n < 20; n++) await createTenant();
    const meter = meterD1(env.DB);
    await findDeletedTenants(meter.db, { idle: NOW, all: NOW }, "", 1);
    expect(meter.total()).toMatchObject({ written: 0 });
    expect(meter.total().read).toBeLessThanOrEqual(5);
  });
});
