import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { sweepObjects } from "../../src/maintenance/sweep-objects.ts";
import { tick } from "../../src/maintenance/tick.ts";
import { putPayload } from "../../src/storage/payload-objects.ts";
import { apiOf, upload } from "../support/api.ts";
import { followersOf } from "../support/flows.ts";
import { storedObjects } from "../support/stored-jobs.ts";
import { createTenant } from "../support/tenants.ts";

const DAY = 86_400_000;
/** Everything that a test stores is old by then. */
const TOMORROW = () => Date.now() + DAY + 2 * 3_600_000;

beforeEach(async () => {
  await env.DB.prepare("DELETE FROM chores").run();
});

afterEach(() => {
  vi.restoreAllMocks();
});

async function deleteJob(tenantId: string, id: string): Promise<void> {
  await env.DB.prepare("DELETE FROM jobs WHERE tenant_id = ?1 AND id = ?2").bind(tenantId, id).run();
}

async function shout(tenant: { id: string; key: string }, blob: string): Promise<{ id: string; made: string }> {
  const { body } = await apiOf(tenant).post("/v1/jobs?wait=10", { type: "shout", payload: { text: { blob } } });
  return { id: body.id, made: body.result.loud.blob };
}

describe("the sweep", () => {
  it("deletes a blob with the last of the jobs that name it, and forgets that they did", async () => {
    const tenant = await createTenant();
    const { body: blob } = await upload(tenant, "hello");
    const [first, second] = [await shout(tenant, blob.id), await shout(tenant, blob.id)];
    await sweepObjects(env, TOMORROW());
    expect(await storedObjects(tenant.id)).toHaveLength(3);
    await deleteJob(tenant.id, first.id);
    await sweepObjects(env, TOMORROW() + DAY);
    expect(await storedObjects(tenant.id)).toEqual([`blobs/${blob.id}`, `blobs/${second.made}`].toSorted());
    await deleteJob(tenant.id, second.id);
    await sweepObjects(env, TOMORROW() + 2 * DAY);
    expect(await storedObjects(tenant.id)).toEqual([]);
    const left = env.DB.prepare("SELECT count(*) AS n FROM job_blobs WHERE tenant_id = ?1").bind(tenant.id);
    expect(await left.first("n")).toBe(0);
  });

  it("deletes blobs that nobody has used, once no job may name them any more", async () => {
    const tenant = await createTenant();
    await upload(tenant, "unused");
    await sweepObjects(env, Date.now() + DAY);
    expect(await storedObjects(tenant.id)).toHaveLength(1);
    await sweepObjects(env, Date.now() + 2 * DAY + 2 * 3_600_000);
    expect(await storedObjects(tenant.id)).toEqual([]);
  });

  it("deletes payloads and results that no job's row has, and leaves those that one has", async () => {
    const tenant = await createTenant();
    const payload = "x".repeat(40_000);
    const { body } = await apiOf(tenant).post("/v1/jobs?wait=10", { type: "echo", payload });
    const kept = await storedObjects(tenant.id);
    await putPayload(env.BLOBS, tenant.id, body.id, '"of a job that was never stored so"');
    await sweepObjects(env, TOMORROW());
    expect(await storedObjects(tenant.id)).toEqual(kept);
    await deleteJob(tenant.id, body.id);
    await sweepObjects(env, TOMORROW() + DAY);
    expect(await storedObjects(tenant.id)).toEqual([]);
  });

  it("leaves a result for as long as the job that follows has it, though its own job is gone", async () => {
    const tenant = await createTenant();
    const then = [{ type: "noop", delay: "1d" }];
    const payload = { bytes: 50_000 };
    const { body: first } = await apiOf(tenant).post("/v1/jobs?wait=10", { type: "sized", payload, then });
    await deleteJob(tenant.id, first.id);
    await sweepObjects(env, TOMORROW());
    expect(await storedObjects(tenant.id)).toEqual([`${first.id}/result-1`]);
    const [second] = await followersOf(tenant.id, first.id);
    await deleteJob(tenant.id, second!.id);
    await env.DB.prepare("DELETE FROM chores").run();
    await sweepObjects(env, TOMORROW());
    expect(await storedObjects(tenant.id)).toEqual([]);
  });

  it("leaves alone what is not of a form that Sluice gives", async () => {
    await env.BLOBS.put("readme.txt", "the team's own");
    await env.BLOBS.put("a/b/c/d", "the team's own");
    await sweepObjects(env, TOMORROW());
    expect(await env.BLOBS.head("readme.txt")).not.toBeNull();
    expect(await env.BLOBS.head("a/b/c/d")).not.toBeNull();
  });

  it("goes on in the next tick where the last one has stopped", async () => {
    const tenant = await createTenant();
    const list = env.BLOBS.list.bind(env.BLOBS);
    // Pages as small as can be: a round then takes several ticks.
    vi.spyOn(env.BLOBS, "list").mockImplementation((options) => list({ ...options, limit: 1 }));
    for (let count = 0; count < 25; count++) await upload(tenant, `${count}`);
    const now = TOMORROW();
    const left: number[] = [];
    for (let ticks = 0; ticks < 10; ticks++) {
      await sweepObjects(env, now);
      left.push((await list({ prefix: `${tenant.id}/` })).objects.length);
    }
    expect(left.at(-1)).toBe(0);
    expect(new Set(left).size).toBeGreaterThan(2);
  });

  it("that fails does not keep the other chores from being done, and is made up for", async () => {
    const tenant = await createTenant();
    await upload(tenant, "unused");
    const logged = vi.spyOn(console, "error").mockReturnValue();
    vi.spyOn(env.BLOBS, "delete").mockRejectedValueOnce(new Error("R2 is away"));
    await tick(env, TOMORROW(), new Map());
    expect(logged).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("R2 is away"));
    const done = await env.DB.prepare("SELECT count(*) AS n FROM chores WHERE name = 'delete finished jobs'").first(
      "n",
    );
    expect(done).toBe(1);
    await tick(env, TOMORROW(), new Map());
    expect(await storedObjects(tenant.id)).toEqual([]);
  });
});
