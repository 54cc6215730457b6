import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { newJobId } from "../../src/protocol/new-job-id.ts";
import { apiOf } from "../support/api.ts";
import { allEnded, followersOf, newFlowTenant } from "../support/flows.ts";
import { fireAlarm } from "../support/gate.ts";
import { hold } from "../support/handlers.ts";
import { releaseHeldJobs } from "../support/held-jobs.ts";
import { newKey } from "../support/operator.ts";
import { expectProblem } from "../support/problems.ts";
import { statesOf } from "../support/rows.ts";
import { countJobs } from "../support/stored-jobs.ts";
import worker from "../support/worker.ts";

afterEach(() => {
  vi.restoreAllMocks();
  releaseHeldJobs();
});

const noop = { type: "noop" };
const fatal = { type: "fatal", payload: { name: "x" } };
const onComplete = { type: "relay", payload: "all done" };
const held = (name: string) => ({ type: "held", payload: { name } });

type Api = Awaited<ReturnType<typeof newFlowTenant>>["api"];

/** A group of these jobs; its id, and those of its members. */
async function newGroup(api: Api, jobs: readonly object[], group: object = { onComplete }) {
  const { status, body } = await api.post("/v1/jobs/batch", { jobs, group });
  expect(status).toBe(202);
  const ids: string[] = body.data.map((job: { id: string }) => job.id);
  return { groupId: String(body.data[0].groupId), ids };
}

/** A group once it is as expected. */
async function groupIn(api: Api, groupId: string, expected: object) {
  return vi.waitFor(
    async () => {
      const { body } = await api.get(`/v1/groups/${groupId}`);
      expect(body).toMatchObject(expected);
      return body;
    },
    { timeout: 10_000, interval: 10 },
  );
}

describe("a group", () => {
  it("is counted while its jobs run, and is followed by one job when all have ended", async () => {
    const { id, api } = await newFlowTenant();
    hold(id);
    const jobs = [noop, fatal, held(id)];
    const { groupId, ids } = await newGroup(api, jobs, { name: "import", onComplete });
    const open = await groupIn(api, groupId, { open: 1, succeeded: 1, failed: 1 });
    expect(open).toMatchObject({
      id: groupId,
      name: "import",
      state: "open",
      onFailure: "continue",
      total: 3,
      cancelled: 0,
      onComplete: { type: "relay", queue: "default", jobId: null },
      parentId: null,
      completedAt: null,
    });
    expect(await countJobs(id)).toBe(3);
    releaseHeldJobs();
    const done = await groupIn(api, groupId, { state: "complete" });
    expect(done).toMatchObject({ total: 3, open: 0, succeeded: 2, failed: 1, cancelled: 0 });
    const [last] = (await allEnded(id)).filter((row) => row["type"] === "relay");
    expect(last!.id).toBe(done.onComplete.jobId);
    const outcome = { group: groupId, name: "import", total: 3, succeeded: 2, failed: 1, cancelled: 0, stopped: false };
    expect(JSON.parse(String(last!["result"]))).toEqual({ payload: "all done", previous: outcome });
    expect(last).toMatchObject({ parent_id: ids[2], group_id: null, created_at: Date.parse(done.completedAt) });
  });

  it("is complete once, whichever of its jobs end at the same time", async () => {
    const { id, api } = await newFlowTenant();
    const { groupId } = await newGroup(
      api,
      Array.from({ length: 300 }, (_, n) => (n % 3 === 0 ? fatal : noop)),
    );
    expect(await groupIn(api, groupId, { state: "complete" })).toMatchObject({ succeeded: 200, failed: 100 });
    const all = await allEnded(id);
    expect(all.filter((row) => row["type"] === "relay")).toHaveLength(1);
  });

  it("needs no last job", async () => {
    const { api } = await newFlowTenant();
    const { groupId } = await newGroup(api, [noop], {});
    expect(await groupIn(api, groupId, { state: "complete" })).toMatchObject({ onComplete: null, succeeded: 1 });
  });

  it("waits for the chains of its jobs, which count as one each; not for what follows on a failure", async () => {
    const { id, api } = await newFlowTenant();
    hold(id);
    const chained = { ...noop, then: [noop, held(id)] };
    const failing = { ...noop, then: [fatal, noop], onFailure: { ...noop, delay: "1h" } };
    const { groupId } = await newGroup(api, [chained, failing]);
    await groupIn(api, groupId, { total: 2, open: 1, succeeded: 0, failed: 1 });
    releaseHeldJobs();
    await groupIn(api, groupId, { state: "complete", succeeded: 1, failed: 1 });
  });

  it("is stopped by the first failure, if it is to be: what does not run is cancelled, what runs goes on", async () => {
    const { id, api } = await newFlowTenant();
    hold(id);
    const later = { ...noop, delay: "1d", then: [noop], onFailure: { type: "relay", payload: "undo" } };
    const group = { onFailure: "stop", onComplete };
    const { groupId, ids } = await newGroup(api, [held(id), later, noop, { ...noop, delay: "1h" }], group);
    await groupIn(api, groupId, { open: 3, succeeded: 1 });
    await api.post(`/v1/jobs/${ids[3]}/cancel`);
    await groupIn(api, groupId, { state: "stopped", open: 1, cancelled: 2, succeeded: 1 });
    expect((await api.get(`/v1/jobs/${ids[1]}`)).body).toMatchObject({
      state: "cancelled",
      cancelReason: "group_stopped",
    });
    releaseHeldJobs();
    await groupIn(api, groupId, { state: "complete", succeeded: 2 });
    await allEnded(id);
    expect(await followersOf(id, ids[1]!)).toMatchObject([{ payload: '"undo"', state: "succeeded" }]);
    const [last] = await followersOf(id, ids[0]!);
    expect(JSON.parse(String(last!["previous"]))).toMatchObject({ stopped: true, succeeded: 2, cancelled: 2 });
  });

  it("is stopped with more members than a gate moves in one pass", async () => {
    const { id, api } = await newFlowTenant();
    const jobs = [fatal, ...Array.from({ length: 999 }, () => ({ ...noop, delay: "1d" }))];
    const { groupId } = await newGroup(api, jobs, { onFailure: "stop", onComplete });
    await groupIn(api, groupId, { state: "complete", failed: 1, cancelled: 999 });
    await allEnded(id);
    expect(await statesOf(id)).toEqual({ failed: 1, cancelled: 999, succeeded: 1 });
  });

  it("is cancelled on request: what runs is asked to end", async () => {
    const { id, api } = await newFlowTenant();
    const name = id;
    const jobs = [
      { type: "patient", payload: { name } },
      { ...noop, delay: "1d" },
    ];
    const { groupId } = await newGroup(api, jobs, { onComplete });
    await vi.waitFor(async () => expect(await statesOf(id)).toMatchObject({ running: 1 }));
    const { status, body } = await api.post(`/v1/groups/${groupId}/cancel`);
    expect([status, body.state]).toEqual([202, "stopped"]);
    await groupIn(api, groupId, { state: "complete", cancelled: 2 });
    expectProblem(await api.post(`/v1/groups/${groupId}/cancel`), "group_complete");
    await allEnded(id);
    expect(await statesOf(id)).toEqual({ cancelled: 2, succeeded: 1 });
  });

  it("is cancelled by the cron trigger's poke when its gate was not told", async () => {
    const { id, api } = await newFlowTenant();
    const { groupId } = await newGroup(api, [{ ...noop, delay: "1d" }]);
    await env.DB.prepare("UPDATE job_groups SET stopped_at = 1 WHERE tenant_id = ?1").bind(id).run();
    await fireAlarm(id);
    await groupIn(api, groupId, { state: "complete", cancelled: 1 });
  });

  it("lists its members, as they were enqueued", async () => {
    const { id, api } = await newFlowTenant();
    await api.post("/v1/jobs", noop);
    const { groupId, ids } = await newGroup(api, [{ ...noop, then: [noop] }, fatal, noop, { ...noop, queue: "mail" }]);
    await groupIn(api, groupId, { state: "complete" });
    await allEnded(id);
    const list = async (query: string) =>
      (await api.get(`/v1/jobs?group=${groupId}${query}`)).body.data.map((job: { id: string }) => job.id);
    expect(await list("")).toEqual(ids.toReversed());
    expect(await list("&state=failed")).toEqual([ids[1]]);
    expect(await list("&type=noop&queue=default")).toEqual([ids[2], ids[0]]);
    const { body: page } = await api.get(`/v1/jobs?group=${groupId}&limit=3`);
    expect(page.data).toHaveLength(3);
    const { body: rest } = await api.get(`/v1/jobs?group=${groupId}&limit=3&cursor=${page.nextCursor}`);
    expect(rest).toMatchObject({ data: [{ id: ids[0], groupId }], nextCursor: null });
    expectProblem(await api.get(`/v1/jobs?limit=3&cursor=${page.nextCursor}`), "invalid_cursor");
    expect((await api.get(`/v1/jobs?group=${newJobId()}`)).body.data).toEqual([]);
  });

  it("is listed, newest first, by its state too", async () => {
    const { id, api } = await newFlowTenant();
    hold(id);
    const { groupId: first } = await newGroup(api, [noop], {});
    await groupIn(api, first, { state: "complete" });
    const { groupId: second } = await newGroup(api, [{ ...noop, delay: "1d" }, fatal], { name: "import" });
    await groupIn(api, second, { failed: 1 });
    const { groupId: third } = await newGroup(api, [held(id)], { onComplete });
    const list = async (query: string) =>
      (await api.get(`/v1/groups${query}`)).body.data.map((group: { id: string }) => group.id);
    expect(await list("")).toEqual([third, second, first]);
    expect(await list("?state=open,stopped")).toEqual([third, second]);
    expect(await list("?state=complete")).toEqual([first]);
    const { body: page } = await api.get("/v1/groups?state=open&limit=1");
    expect(page.data).toEqual([(await api.get(`/v1/groups/${third}`)).body]);
    const { body: rest } = await api.get(`/v1/groups?state=open&limit=1&cursor=${page.nextCursor}`);
    expect(rest).toMatchObject({ data: [{ name: "import", open: 1, failed: 1 }], nextCursor: null });
    for (const query of [`?cursor=${page.nextCursor}`, "?cursor=x", "?state=open&cursor="]) {
      expectProblem(await api.get(`/v1/groups${query}`), "invalid_cursor");
    }
    for (const query of ["?state=ended", "?limit=101", "?name=import"]) {
      expectProblem(await api.get(`/v1/groups${query}`), "invalid_parameter");
    }
    const typed = apiOf(await newKey(id, { scopes: ["jobs:read"], types: ["noop"] }));
    expect((await typed.get("/v1/groups")).body).toMatchObject({ data: [{ id: first }], nextCursor: null });
    releaseHeldJobs();
  });

  it("is made once by a repeated request, and by another group's it is another request", async () => {
    const { id, api } = await newFlowTenant();
    const batch = { jobs: [noop, noop], group: { onComplete } };
    const key = { "Idempotency-Key": "key" };
    const { body: first } = await api.post("/v1/jobs/batch", batch, key);
    const again = await api.post("/v1/jobs/batch", batch, key);
    expect(again.headers.get("Idempotent-Replayed")).toBe("true");
    expect(again.body.data[1].groupId).toBe(first.data[0].groupId);
    const groups = env.DB.prepare("SELECT count(*) AS n FROM job_groups WHERE tenant_id = ?1").bind(id);
    expect(await groups.first("n")).toBe(1);
    expectProblem(await api.post("/v1/jobs/batch", { ...batch, group: {} }, key), "idempotency_key_reused");
    expectProblem(await api.post("/v1/jobs/batch", { jobs: batch.jobs }, key), "idempotency_key_reused");
    expect(await groups.first("n")).toBe(1);
  });

  it("has only those for members that were not there before", async () => {
    const { api } = await newFlowTenant();
    const job = { ...noop, id: newJobId() };
    await api.post("/v1/jobs?wait=10", job);
    const unique = { type: "echo", payload: 1, delay: "1h", unique: {} };
    const { body: other } = await api.post("/v1/jobs", unique);
    const { body } = await api.post("/v1/jobs/batch", { jobs: [unique, noop], group: {} });
    expect(body.data[0]).toMatchObject({ id: other.id, groupId: null });
    expect(await groupIn(api, body.data[1].groupId, { state: "complete" })).toMatchObject({ total: 1 });
  });

  it("is made in the same Worker too, and by a handler whose job's success stores it", async () => {
    const { id, api } = await newFlowTenant();
    const [first] = await worker
      .jobs(env, id)
      .enqueueMany([{ type: "noop", payload: null }], { group: { onComplete } });
    await groupIn(api, String(first!.groupId), { state: "complete", onComplete: { jobId: expect.any(String) } });
    const payload = { children: [noop, fatal], group: { name: "children", onComplete } };
    const { body: parent } = await api.post("/v1/jobs?wait=10", { type: "parent", payload });
    const { groupId, ids } = parent.result;
    const done = await groupIn(api, groupId, { state: "complete", succeeded: 1, failed: 1 });
    expect(done).toMatchObject({ parentId: parent.id, name: "children", total: 2 });
    expect((await followersOf(id, parent.id)).map((child) => child.id)).toEqual(ids);
    await allEnded(id);
  });
});

describe("a group that is refused", () => {
  it.each([
    ["#/group/onComplete/type", { onComplete: { type: "nothing" } }, "no handler"],
    ["#/group/onComplete/payload/name", { onComplete: { type: "greet", payload: {} } }, "expected string"],
    ["#/group/onFailure", { onFailure: "retry" }, '"continue"|"stop"'],
    ["#/group/name", { name: "" }, ">=1"],
    ["#/group/size", { size: 3 }, "unknown field"],
    ["#/group", "import", "expected object"],
  ])("says so at %s, and stores nothing", async (pointer, group, detail) => {
    const { id, api } = await newFlowTenant();
    const refused = await api.post("/v1/jobs/batch", { jobs: [noop], group });
    expectProblem(refused, "invalid_request");
    expect(refused.body.errors).toEqual([
      expect.objectContaining({ pointer, detail: expect.stringContaining(detail) }),
    ]);
    expect(await countJobs(id)).toBe(0);
  });

  it("has a last job, or a chain, of a type that its key is not for", async () => {
    const { id, api } = await newFlowTenant();
    const typedKey = await newKey(id, { scopes: ["jobs:write", "jobs:read"], types: ["noop"] });
    const typed = apiOf(typedKey);
    for (const [batch, pointer] of [
      [{ jobs: [noop], group: { onComplete } }, "#/group/onComplete/type"],
      [{ jobs: [{ ...noop, then: [noop, onComplete] }] }, "#/jobs/0/then/1/type"],
      [{ jobs: [{ ...noop, onFailure: onComplete }] }, "#/jobs/0/onFailure/type"],
    ] as const) {
      const refused = await typed.post("/v1/jobs/batch", batch);
      expectProblem(refused, "type_not_allowed");
      expect(refused.body.errors).toMatchObject([{ pointer }]);
    }
    expect(await countJobs(id)).toBe(0);
    const { groupId } = await newGroup(api, [noop]);
    expectProblem(await typed.get(`/v1/groups/${groupId}`), "type_not_allowed");
  });

  it.each(["no-id", "019f0000-0000-7000-8000-000000000000"])("is not there: %s", async (id) => {
    const { api } = await newFlowTenant();
    expectProblem(await api.get(`/v1/groups/${id}`), "group_not_found");
    expectProblem(await api.post(`/v1/groups/${id}/cancel`), "group_not_found");
  });
});
