import { v7 as uuidv7 } from "uuid";
import { afterEach, describe, expect, it } from "vitest";
import { apiOf } from "../support/api.ts";
import { releaseHeldJobs, runHeldJob } from "../support/held-jobs.ts";
import { expectProblem } from "../support/problems.ts";
import { createTenant } from "../support/tenants.ts";

afterEach(releaseHeldJobs);

describe("a tenant", () => {
  it("finds no job of another tenant, on whatever route", async () => {
    const [owner, stranger] = [await createTenant({ concurrency: 1 }), apiOf(await createTenant())];
    const held = await runHeldJob(owner);
    const { body: queued } = await apiOf(owner).post("/v1/jobs", { type: "noop" });
    for (const id of [held.id, queued.id]) {
      expectProblem(await stranger.get(`/v1/jobs/${id}`), "job_not_found");
      expectProblem(await stranger.get(`/v1/jobs/${id}?wait=30`), "job_not_found");
      expectProblem(await stranger.post(`/v1/jobs/${id}/cancel`), "job_not_found");
    }
    expect((await apiOf(owner).get(`/v1/jobs/${queued.id}`)).body.state).toBe("queued");
  });

  it("is told the same of another tenant's job as of none at all", async () => {
    const [owner, stranger] = [apiOf(await createTenant()), apiOf(await createTenant())];
    const { body } = await owner.post("/v1/jobs", { type: "noop" });
    const detailOf = async (id: string) => (await stranger.get(`/v1/jobs/${id}`)).body.detail.replace(id, "");
    expect(await detailOf(body.id)).toBe(await detailOf(uuidv7()));
  });

  it("lists its own jobs only, and goes on with another's cursor in its own", async () => {
    const [owner, other] = [apiOf(await createTenant()), apiOf(await createTenant())];
    const { body: own } = await other.post("/v1/jobs", { type: "noop" });
    await owner.post("/v1/jobs/batch", { jobs: [{ type: "noop" }, { type: "noop" }] });
    const { body: page } = await owner.get("/v1/jobs?limit=1");
    const listed = await other.get("/v1/jobs");
    expect(listed.body.data.map(({ id }: { id: string }) => id)).toEqual([own.id]);
    const foreign = await other.get(`/v1/jobs?limit=1&cursor=${page.nextCursor}`);
    expect(foreign.body.data.map(({ id }: { id: string }) => id)).toEqual([own.id]);
  });

  it("may use an id that another tenant uses: the jobs are independent", async () => {
    const [first, second] = [apiOf(await createTenant()), apiOf(await createTenant())];
    const id = uuidv7();
    const [greet, echo] = [
      { type: "greet", payload: { name: "Ada" }, id },
      { type: "echo", payload: 2, id },
    ];
    const one = await first.post("/v1/jobs?wait=10", greet);
    const two = await second.post("/v1/jobs?wait=10", echo);
    expect([one.body.result, two.body.result]).toEqual(["hello Ada", 2]);
    expect(two.headers.get("Idempotent-Replayed")).toBeNull();
    expect((await first.get(`/v1/jobs/${id}`)).body).toMatchObject({ type: "greet", result: "hello Ada" });
    expect((await second.get(`/v1/jobs/${id}`)).body).toMatchObject({ type: "echo", result: 2 });
    expect((await first.post("/v1/jobs", greet)).headers.get("Idempotent-Replayed")).toBe("true");
    expect((await second.post("/v1/jobs", echo)).headers.get("Idempotent-Replayed")).toBe("true");
    expectProblem(await first.post("/v1/jobs", echo), "idempotency_key_reused");
  });
});
