import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { newJobId } from "../../src/protocol/new-job-id.ts";
import { upload } from "../support/api.ts";
import { allEnded, followersOf, newFlowTenant } from "../support/flows.ts";
import { rowOf } from "../support/rows.ts";
import { countJobs } from "../support/stored-jobs.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** A job whose attempts enqueue these children, once it has ended. */
async function parent(children: readonly object[], options: object = {}, limits = {}) {
  const tenant = await newFlowTenant(limits);
  const payload = { children, ...options };
  const { body } = await tenant.api.post("/v1/jobs?wait=10", { type: "parent", payload, maxAttempts: 3 });
  return { ...tenant, job: body };
}

describe("context.enqueue", () => {
  it("has jobs stored together with the success of the attempt, as children of its job", async () => {
    const child = { type: "echo", payload: "a", queue: "mail", priority: 9, maxAttempts: 2, expireIn: "1h" };
    const { id, job } = await parent([child, { type: "echo", payload: "b", delay: "1h" }]);
    const [first, second, ...others] = await followersOf(id, job.id);
    expect(others).toEqual([]);
    expect(job.result).toMatchObject({ ids: [first!.id, second!.id], groupId: null });
    const row = await rowOf(id, job.id);
    expect(first).toMatchObject({ queue: "mail", priority: 9, max_attempts: 2, created_at: row["finished_at"] });
    expect(second).toMatchObject({ state: "scheduled", attempt: 0 });
    await vi.waitFor(async () => expect(await rowOf(id, first!.id)).toMatchObject({ result: '"a"' }));
  });

  it("has nothing stored for an attempt that fails after it", async () => {
    const { id, job } = await parent([{ type: "noop" }], { failures: 1 });
    expect(job).toMatchObject({ state: "succeeded", attempt: 2 });
    expect(job.result.ids).toEqual((await followersOf(id, job.id)).map((child) => child.id));
    expect(await countJobs(id)).toBe(2);
    const failed = await parent([{ type: "noop" }], { failures: 3 });
    expect(failed.job).toMatchObject({ state: "failed" });
    expect(await countJobs(failed.id)).toBe(1);
  });

  it("has nothing stored for an attempt whose result cannot be", async () => {
    const { id, job } = await parent([{ type: "noop" }], { bytes: 6_000_000 });
    expect(job).toMatchObject({ state: "failed", errors: [{ name: "ResultTooLarge" }] });
    expect(await countJobs(id)).toBe(1);
  });

  it("enqueues more at once than a gate moves in one pass, beyond the backlog of the tenant", async () => {
    const children = Array.from({ length: 1_000 }, (_, n) => ({ type: "noop", payload: n }));
    const { id } = await parent(children, {}, { backlog: 10, concurrency: 100 });
    const all = await allEnded(id);
    expect(all).toHaveLength(1_001);
    expect(new Set(all.map((row) => row["state"]))).toEqual(new Set(["succeeded"]));
  });

  it("lets children have chains, callbacks and large payloads, and pass on blobs", async () => {
    const tenant = await newFlowTenant();
    const { body: blob } = await upload(tenant, "hello");
    const children = [
      { type: "relay", payload: "x".repeat(40_000) },
      { type: "noop", then: [{ type: "relay", payload: 1 }] },
      { type: "shout", payload: { text: { blob: blob.id } } },
    ];
    const { body: job } = await tenant.api.post("/v1/jobs?wait=10", { type: "parent", payload: { children } });
    const all = await allEnded(tenant.id);
    expect(all.map(({ type, state }) => [type, state])).toEqual([
      ["parent", "succeeded"],
      ["relay", "succeeded"],
      ["noop", "succeeded"],
      ["shout", "succeeded"],
      ["relay", "succeeded"],
    ]);
    expect(all[1]).toMatchObject({
      payload: null,
      parent_id: job.id,
      payload_blob: expect.stringContaining(all[1]!.id),
    });
    const named = env.DB.prepare("SELECT count(*) AS n FROM job_blobs WHERE tenant_id = ?1 AND job_id = ?2");
    expect(await named.bind(tenant.id, all[3]!.id).first("n")).toBe(2);
  });

  it.each([
    ["an unknown type", [{ type: "nothing" }], '#/jobs/0/type: no handler for "nothing"'],
    ["a payload that its handler refuses", [{ type: "noop" }, { type: "greet", payload: {} }], "#/jobs/1/payload/name"],
    ["an id", [{ type: "noop", id: newJobId() }], "#/jobs/0/id: unknown field"],
    ["a type of Sluice's own", [{ type: "sluice.callback" }], "Sluice's own"],
    ["more than a thousand jobs", Array.from({ length: 1_001 }, () => ({ type: "noop" })), "more than 1000 jobs"],
    ["payloads that are too much", [{ type: "noop", payload: "x".repeat(1_000_001) }], "more than 1000000 bytes"],
  ])("fails the job for good by %s, and says so", async (_, children, message) => {
    const { id, job } = await parent(children);
    expect(job).toMatchObject({
      state: "failed",
      attempt: 1,
      errors: [{ name: "FatalError", message: expect.stringContaining(message) }],
    });
    expect(await countJobs(id)).toBe(1);
  });
});
