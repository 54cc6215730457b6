import { describe, expect, it } from "vitest";
import { apiOf } from "../support/api.ts";
import { expectProblem } from "../support/problems.ts";
import { countJobs } from "../support/stored-jobs.ts";
import { createTenant } from "../support/tenants.ts";

const greet = (name: unknown) => ({ type: "greet", payload: { name } });
const many = (count: number) => Array.from({ length: count }, (_, n) => greet(`name-${n}`));

describe("POST /v1/jobs/batch", () => {
  it("answers 202 with the jobs in the order in which they were sent, and runs them all", async () => {
    const api = apiOf(await createTenant());
    const jobs = [greet("Ada"), { type: "echo", payload: 1, queue: "other", priority: 9 }, greet("Grace")];
    const posted = await api.post("/v1/jobs/batch", { jobs });
    expect(posted.status).toBe(202);
    expect(posted.body.data).toMatchObject([
      { type: "greet", state: "queued", queue: "default" },
      { type: "echo", queue: "other", priority: 9 },
      { type: "greet" },
    ]);
    const results = await Promise.all(
      posted.body.data.map(({ id }: { id: string }) => api.get(`/v1/jobs/${id}?wait=10`)),
    );
    expect(results.map(({ body }) => body.result)).toEqual(["hello Ada", 1, "hello Grace"]);
  });

  it("takes a thousand jobs", async () => {
    const tenant = await createTenant();
    const posted = await apiOf(tenant).post("/v1/jobs/batch", { jobs: many(1_000) });
    expect([posted.status, posted.body.data.length]).toEqual([202, 1_000]);
    expect(await countJobs(tenant.id)).toBe(1_000);
  });

  it("takes no more than a thousand, and not none", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    for (const jobs of [many(1_001), []]) {
      const { errors } = expectProblem(await api.post("/v1/jobs/batch", { jobs }), "invalid_request");
      expect(errors).toMatchObject([{ pointer: "#/jobs" }]);
    }
    expect(await countJobs(tenant.id)).toBe(0);
  });

  it("stores nothing when one job is invalid, and points at what is wrong", async () => {
    const tenant = await createTenant();
    const jobs = [...many(3), greet(7), { ...greet("Ada"), deley: 5 }, { type: "nowhere" }, "text"];
    const { errors } = expectProblem(await apiOf(tenant).post("/v1/jobs/batch", { jobs }), "invalid_request");
    expect(errors.map(({ pointer, code }: Record<string, string>) => [pointer, code])).toEqual([
      ["#/jobs/3/payload/name", "invalid_type"],
      ["#/jobs/4/deley", "unrecognized_keys"],
      ["#/jobs/5/type", "unknown_type"],
      ["#/jobs/6", "invalid_type"],
    ]);
    expect(await countJobs(tenant.id)).toBe(0);
  });

  it("says unknown_type when nothing else is wrong", async () => {
    const tenant = await createTenant();
    const answer = await apiOf(tenant).post("/v1/jobs/batch", { jobs: [greet("Ada"), { type: "nowhere" }] });
    expect(expectProblem(answer, "unknown_type").errors).toEqual([
      { pointer: "#/jobs/1/type", detail: 'no handler for "nowhere"', code: "unknown_type" },
    ]);
    expect(await countJobs(tenant.id)).toBe(0);
  });

  it("tells at most fifty things that are wrong, and how many there are", async () => {
    const api = apiOf(await createTenant());
    const jobs = Array.from({ length: 200 }, () => greet(7));
    const problem = expectProblem(await api.post("/v1/jobs/batch", { jobs }), "invalid_request");
    expect(problem.errors).toHaveLength(50);
    expect(problem.detail).toContain("(and 199 more)");
  });

  it("refuses an id or key that stands in it twice", async () => {
    const tenant = await createTenant();
    const id = "01a1fc12-2116-73d0-b917-56a20a045902";
    const now = Date.now().toString(16).padStart(12, "0");
    const fresh = `${now.slice(0, 8)}-${now.slice(8)}${id.slice(13)}`;
    const jobs = [
      { ...greet("a"), id: fresh },
      { ...greet("b"), id: fresh },
      { ...greet("c"), idempotencyKey: "k" },
      { ...greet("d"), idempotencyKey: "k" },
    ];
    const { errors } = expectProblem(await apiOf(tenant).post("/v1/jobs/batch", { jobs }), "invalid_request");
    expect(errors).toMatchObject([
      { pointer: "#/jobs/1/id", code: "duplicate" },
      { pointer: "#/jobs/3/idempotencyKey", code: "duplicate" },
    ]);
    expect(await countJobs(tenant.id)).toBe(0);
  });
});
