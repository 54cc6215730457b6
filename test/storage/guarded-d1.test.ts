import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { assertFence, isFenced, raiseFence } from "../../src/storage/gate-fence.ts";
import { D1_LIMITS, guardD1, isRefusal, StatementTooLarge, StorageTimeout } from "../../src/storage/guarded-d1.ts";
import { createTenant } from "../support/tenants.ts";

const never = { prepare: () => ({ all: () => new Promise(() => undefined) }) } as unknown as D1Database;

describe("the guarded D1", () => {
  it("gives up a call that does not answer in time", async () => {
    await expect(guardD1(never, 20).prepare("SELECT 1").all()).rejects.toBeInstanceOf(StorageTimeout);
  });

  it("refuses more than 100 parameters before anything is sent", () => {
    const statement = guardD1(env.DB, 1_000).prepare("SELECT 1");
    const values = Array.from({ length: D1_LIMITS.parameters + 1 }, () => 1);
    expect(() => statement.bind(...values)).toThrow(StatementTooLarge);
  });

  it("refuses a value of more than 2 MB by its bytes, not by its characters", () => {
    const statement = guardD1(env.DB, 1_000).prepare("SELECT ?1");
    expect(() => statement.bind("é".repeat(1_000_001))).toThrow(StatementTooLarge);
    expect(() => statement.bind("e".repeat(2_000_000))).not.toThrow();
  });

  it("runs statements, batches and drizzle's raw reads as D1 does", async () => {
    const db = guardD1(env.DB, 1_000);
    expect(await db.prepare("SELECT ?1 AS n").bind(7).first("n")).toBe(7);
    expect(await db.prepare("SELECT ?1 AS n").bind(7).raw()).toEqual([[7]]);
    const [first, second] = await db.batch<{ n: number }>([db.prepare("SELECT 1 AS n"), db.prepare("SELECT 2 AS n")]);
    expect([first?.results, second?.results]).toEqual([[{ n: 1 }], [{ n: 2 }]]);
  });

  it("knows a refusal from an unknown outcome", async () => {
    const refused = env.DB.prepare("INSERT INTO tenants (id) VALUES (NULL)").run();
    expect(isRefusal(await refused.catch((error: unknown) => error))).toBe(true);
    expect(isRefusal(new Error("D1_ERROR: Network connection lost."))).toBe(false);
    expect(isRefusal(new StorageTimeout("late"))).toBe(false);
  });
});

describe("a gate's fence", () => {
  it("rolls the whole batch back when a newer gate has started, or the deadline has passed", async () => {
    const { id } = await createTenant();
    const { fence } = (await raiseFence(env.DB, id))!;
    const rename = (name: string) => env.DB.prepare("UPDATE tenants SET name = ?2 WHERE id = ?1").bind(id, name);
    const name = () => env.DB.prepare("SELECT name FROM tenants WHERE id = ?1").bind(id).first("name");
    const soon = Date.now() + 60_000;
    await env.DB.batch([rename("in time"), assertFence(env.DB, fence, soon)]);
    const late = env.DB.batch([rename("late"), assertFence(env.DB, fence, Date.now() - 1)]);
    expect(isFenced(await late.catch((error: unknown) => error))).toBe(true);
    await raiseFence(env.DB, id);
    const old = env.DB.batch([rename("old"), assertFence(env.DB, fence, soon)]);
    expect(isFenced(await old.catch((error: unknown) => error))).toBe(true);
    expect(await name()).toBe("in time");
  });

  it("tells of no tenant", async () => {
    expect(await raiseFence(env.DB, "no-such-tenant")).toBeNull();
  });
});
