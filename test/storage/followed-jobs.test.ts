import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { followedTenant } from "../../src/storage/followed-jobs.ts";
import { finishedJobs } from "../support/finished-jobs.ts";
import { meterD1 } from "../support/metered-d1.ts";
import { createTenant } from "../support/tenants.ts";

const markOf = (id: string) =>
  env.DB.prepare("SELECT watched_until FROM tenants WHERE id = ?1").bind(id).first("watched_until");

describe("a tenant that is followed", () => {
  it("is marked by one row, and unmarked unless it was marked anew", async () => {
    const [{ id }, { id: other }] = [await createTenant(), await createTenant()];
    const meter = meterD1(env.DB);
    const tenant = followedTenant(meter.db, id);
    await tenant.mark(1_000);
    expect([await markOf(id), await markOf(other)]).toEqual([1_000, null]);
    await tenant.unmark(1_000);
    expect(await markOf(id)).toBe(1_000);
    await tenant.unmark(1_001);
    expect(await markOf(id)).toBeNull();
    await tenant.unmark(1_001);
    expect(meter.costs.map(({ written }) => written)).toEqual([1, 0, 1, 0]);
  });

  it("has its jobs read by their ids, and none of another tenant", async () => {
    const [{ id }, { id: other }] = [await createTenant(), await createTenant()];
    const [ids, foreign] = [
      await finishedJobs(id, 500, { error: { name: "Late", message: "" } }),
      await finishedJobs(other, 1),
    ];
    const meter = meterD1(env.DB);
    const wanted = [ids[7]!, ids[300]!, foreign[0]!];
    const read = await followedTenant(meter.db, id).read(wanted);
    expect(new Set(read.map((job) => job.id))).toEqual(new Set([ids[7], ids[300]]));
    expect(read[0]).toMatchObject({ type: "noop", queue: "default", state: "failed", attempt: 2, error: "Late" });
    expect(meter.total().read).toBeLessThanOrEqual(6);
  });
});
