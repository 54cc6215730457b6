import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { newJobId } from "../../src/protocol/new-job-id.ts";
import { upload } from "../support/api.ts";
import { allEnded, followersOf, newFlowTenant } from "../support/flows.ts";
import { fireAlarm } from "../support/gate.ts";
import { starts } from "../support/handlers.ts";
import { expectProblem } from "../support/problems.ts";
import { rowOf } from "../support/rows.ts";
import { countJobs } from "../support/stored-jobs.ts";
import worker from "../support/worker.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const after = (payload: unknown, options = {}) => ({ type: "relay", payload, ...options });

describe("a chain", () => {
  it("runs one job after the other, each with what came of the one before it", async () => {
    const { id, api } = await newFlowTenant();
    const then = [after("second", { queue: "mail", priority: 9 }), after("third", { maxAttempts: 2 })];
    const { status, body: stored } = await api.post("/v1/jobs", { type: "echo", payload: { n: 1 }, then });
    expect(status).toBe(202);
    const steps = [
      { type: "relay", queue: "mail" },
      { type: "relay", queue: "default" },
    ];
    expect(stored).toMatchObject({ next: steps, onFailure: null, nextJobId: null, parentId: null });
    const [first, second, third, ...others] = await allEnded(id);
    expect(others).toEqual([]);
    expect(second).toMatchObject({
      parent_id: stored.id,
      queue: "mail",
      priority: 9,
      created_at: first!["finished_at"],
    });
    expect(third).toMatchObject({ parent_id: second!.id, max_attempts: 2, next: null });
    const { body } = await api.get(`/v1/jobs/${third!.id}`);
    expect(body.result).toEqual({ payload: "third", previous: { payload: "second", previous: { n: 1 } } });
    expect(body.previous).toEqual({ payload: "second", previous: { n: 1 } });
    expect((await api.get(`/v1/jobs/${stored.id}`)).body).toMatchObject({ nextJobId: second!.id, next: steps });
    expect((await api.get(`/v1/jobs/${second!.id}`)).body).toMatchObject({
      nextJobId: third!.id,
      next: steps.slice(1),
    });
    expect(body).toMatchObject({ nextJobId: null, next: [] });
  });

  it("stops where a job fails, and runs what is to follow on a failure with its error", async () => {
    const { id, api } = await newFlowTenant();
    const then = [{ type: "fatal", payload: { name: "x" } }, after("never")];
    const { body: stored } = await api.post("/v1/jobs", { type: "noop", then, onFailure: after("clean up") });
    const [, failed, cleaned, ...others] = await allEnded(id);
    expect(others).toEqual([]);
    expect(failed).toMatchObject({ state: "failed", parent_id: stored.id });
    expect(cleaned).toMatchObject({ state: "succeeded", parent_id: failed!.id, next: null });
    const error = { kind: "error", name: "FatalError", message: "never again" };
    expect((await api.get(`/v1/jobs/${cleaned!.id}`)).body).toMatchObject({
      previous: { id: failed!.id, type: "fatal", state: "failed", cancelReason: null, error },
    });
    expect((await api.get(`/v1/jobs/${failed!.id}`)).body).toMatchObject({
      nextJobId: cleaned!.id,
      next: [{ type: "relay" }],
      onFailure: { type: "relay", queue: "default" },
    });
  });

  it("just stops where a job fails of which nothing is to follow", async () => {
    const { id, api } = await newFlowTenant();
    await api.post("/v1/jobs?wait=10", { type: "fatal", payload: { name: "x" }, then: [after("never")] });
    expect(await countJobs(id)).toBe(1);
  });

  it("runs what is to follow on a failure not at all when all goes well, and once when the last job fails", async () => {
    const { id, api } = await newFlowTenant();
    await api.post("/v1/jobs", { type: "noop", then: [after(1)], onFailure: after("clean up") });
    expect((await allEnded(id)).map((row) => row["payload"])).toEqual(["null", "1"]);
    const other = await newFlowTenant();
    const last = { type: "fatal", payload: { name: "x" } };
    await other.api.post("/v1/jobs", { type: "noop", then: [last], onFailure: after("clean up") });
    expect((await allEnded(other.id)).map((row) => row["payload"])).toEqual(["null", '{"name":"x"}', '"clean up"']);
  });

  it("takes a job that is cancelled for one that has failed: by its caller, and by the gate when it expires", async () => {
    const { id, api } = await newFlowTenant();
    const options = { delay: "1h", then: [after("never")], onFailure: after("clean up") };
    const { body } = await api.post("/v1/jobs", { type: "noop", ...options });
    const { body: cancelled } = await api.post(`/v1/jobs/${body.id}/cancel`);
    const [cleaned] = await vi.waitFor(async () => {
      const found = await followersOf(id, body.id);
      expect(found).toMatchObject([{ state: "succeeded", payload: '"clean up"' }]);
      return found;
    });
    expect(cancelled.nextJobId).toBe(cleaned!.id);
    expect(JSON.parse(String(cleaned!["previous"]))).toEqual({
      id: body.id,
      type: "noop",
      state: "cancelled",
      cancelReason: "requested",
      error: null,
    });
    const { body: late } = await api.post("/v1/jobs", { type: "noop", ...options, expireIn: "2h" });
    await env.DB.prepare("UPDATE jobs SET expires_at = 1 WHERE tenant_id = ?1 AND id = ?2").bind(id, late.id).run();
    await fireAlarm(id);
    await allEnded(id);
    expect(await followersOf(id, late.id)).toMatchObject([{ state: "succeeded", payload: '"clean up"' }]);
  });

  it("goes on when the job that follows is due, and tells of each end", async () => {
    const { id, api } = await newFlowTenant();
    const then = [after("later", { delay: "1h", expireIn: "2h" })];
    const { body } = await api.post("/v1/jobs?wait=10", { type: "noop", then });
    const [next] = await followersOf(id, body.id);
    const ended = Date.parse(body.finishedAt);
    expect(next).toMatchObject({ state: "scheduled", due_at: ended + 3_600_000, expires_at: ended + 7_200_000 });
    await api.post(`/v1/jobs/${next!.id}/run`);
    expect((await api.get(`/v1/jobs/${next!.id}?wait=10`)).body).toMatchObject({ state: "succeeded" });
  });

  it("hands on results that are kept in R2, and blobs", async () => {
    const { id, api, key } = await newFlowTenant();
    const large = [after("large")];
    const { body } = await api.post("/v1/jobs?wait=10", { type: "sized", payload: { bytes: 50_000 }, then: large });
    await allEnded(id);
    const [next] = await followersOf(id, body.id);
    expect(next).toMatchObject({ previous: null, previous_blob: `${id}/${body.id}/result-1` });
    expect((await api.get(`/v1/jobs/${next!.id}`)).body).toMatchObject({ previous: "x".repeat(50_000) });
    const { body: blob } = await upload({ key }, "hello");
    const { body: shared } = await upload({ key }, "world");
    const then = [after("of the result"), { type: "shout", payload: { text: { blob: shared.id } } }];
    const { body: first } = await api.post("/v1/jobs", { type: "shout", payload: { text: { blob: blob.id } }, then });
    await allEnded(id);
    const [second] = await followersOf(id, first.id);
    const [third] = await followersOf(id, second!.id);
    expect(third).toMatchObject({ state: "succeeded" });
    const made = JSON.parse(String(second!["previous"])).loud.blob;
    const named = async (job: string) => {
      const select = env.DB.prepare("SELECT blob_id FROM job_blobs WHERE tenant_id = ?1 AND job_id = ?2");
      return new Set((await select.bind(id, job).raw()).flat());
    };
    expect(await named(first.id)).toEqual(new Set([blob.id, shared.id, made]));
    expect(await named(second!.id)).toEqual(new Set([shared.id, made]));
    expect(await named(third!.id)).toEqual(new Set([shared.id, made, JSON.parse(String(third!["result"])).loud.blob]));
  });

  it("runs on after a replay: what has followed on the first time follows once more", async () => {
    const { id, api } = await newFlowTenant();
    const name = id;
    const then = [{ type: "flaky", payload: { name, failures: 1 }, maxAttempts: 1 }, after("last")];
    await api.post("/v1/jobs", { type: "echo", payload: "first", then });
    const [, failed] = await allEnded(id);
    expect(failed).toMatchObject({ state: "failed" });
    const { body: replay } = await api.post(`/v1/jobs/${failed!.id}/replay`);
    expect(replay).toMatchObject({ replayOf: failed!.id, next: [{ type: "relay" }] });
    const [last] = (await allEnded(id)).slice(3);
    expect(last).toMatchObject({ state: "succeeded", parent_id: replay.id, result: '{"payload":"last","previous":2}' });
    expect((await rowOf(id, replay.id))["previous"]).toBe('"first"');
    expect(starts.get(name)).toBe(2);
  });

  it("is enqueued in the same Worker too, and keeps the trace", async () => {
    const { id, api } = await newFlowTenant();
    await worker.jobs(env, id).enqueue("noop", {}, { then: [after(1)] });
    expect((await allEnded(id)).map((row) => row["type"])).toEqual(["noop", "relay"]);
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const { body } = await api.post("/v1/jobs?wait=10", { type: "noop", then: [after(1)] }, { traceparent });
    expect(await followersOf(id, body.id)).toMatchObject([{ trace_parent: traceparent }]);
  });
});

describe("a chain that is refused", () => {
  it.each([
    ["#/then/1/type", { then: [after(1), { type: "nothing" }] }, 'no handler for "nothing"', "unknown_type"],
    ["#/then/0/payload/name", { then: [{ type: "greet", payload: {} }] }, "expected string", "invalid_request"],
    ["#/onFailure/payload/name", { onFailure: { type: "greet", payload: {} } }, "expected string", "invalid_request"],
    [
      "#/then/0/callback/url",
      { then: [after(1, { callback: { url: "http://10.0.0.1/" } })] },
      "public",
      "invalid_request",
    ],
    ["#/then/0/then", { then: [after(1, { then: [] })] }, "unknown field", "invalid_request"],
    ["#/then/0/id", { then: [after(1, { id: newJobId() })] }, "unknown field", "invalid_request"],
    ["#/then/0/expireIn", { then: [after(1, { delay: "2h", expireIn: "1h" })] }, "before it is due", "invalid_request"],
    ["#/then", { then: Array.from({ length: 21 }, () => after(1)) }, "<=20", "invalid_request"],
    ["#/then", { then: [after("x".repeat(20_000)), after("x".repeat(20_000))] }, "40004 bytes", "invalid_request"],
    [
      "#/then/0/payload/text/blob",
      { then: [{ type: "shout", payload: { text: { blob: `blob_${newJobId()}` } } }] },
      "no blob",
      "invalid_request",
    ],
    ["#/then/0/type", { then: [{ type: "sluice.callback" }] }, "Sluice's own", "invalid_request"],
  ])("says so at %s, and stores nothing", async (pointer, flow, detail, code) => {
    const { id, api } = await newFlowTenant();
    const refused = await api.post("/v1/jobs", { type: "noop", ...flow });
    expectProblem(refused, code as never);
    expect(refused.body.errors).toEqual([
      expect.objectContaining({ pointer, detail: expect.stringContaining(detail) }),
    ]);
    expect(await countJobs(id)).toBe(0);
  });

  it("is another request: the same key with another chain", async () => {
    const { api } = await newFlowTenant();
    const keyed = { type: "noop", idempotencyKey: "a" };
    const { body: first } = await api.post("/v1/jobs", { ...keyed, then: [after(1)] });
    const again = await api.post("/v1/jobs", { ...keyed, then: [after(1)] });
    expect([again.body.id, again.headers.get("Idempotent-Replayed")]).toEqual([first.id, "true"]);
    expectProblem(await api.post("/v1/jobs", { ...keyed, then: [after(2)] }), "idempotency_key_reused");
    expectProblem(await api.post("/v1/jobs", keyed), "idempotency_key_reused");
  });
});
