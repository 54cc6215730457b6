import { v7 as uuidv7 } from "uuid";
import { describe, expect, it } from "vitest";
import { type Answer, apiOf } from "../support/api.ts";
import { expectProblem } from "../support/problems.ts";
import { countJobs } from "../support/stored-jobs.ts";
import { createTenant } from "../support/tenants.ts";

const greet = { type: "greet", payload: { name: "Ada" } };
const key = () => ({ "Idempotency-Key": crypto.randomUUID() });
const replayed = ({ headers }: Answer) => headers.get("Idempotent-Replayed");
const remaining = ({ headers }: Answer) => Number(/r=(\d+)/.exec(headers.get("RateLimit") ?? "")?.[1]);

describe("an idempotency key", () => {
  it("makes the same request again the same job, in its present state", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const header = key();
    const first = await api.post("/v1/jobs?wait=10", greet, header);
    const again = await api.post("/v1/jobs", greet, header);
    expect([replayed(first), replayed(again)]).toEqual([null, "true"]);
    expect(again.status).toBe(202);
    const { result, ...present } = first.body;
    expect(result).toBe("hello Ada");
    expect(again.body).toEqual(present);
    expect(again.headers.get("Location")).toBe(first.headers.get("Location"));
    expect(await countJobs(tenant.id)).toBe(1);
  });

  it("may come as a field of the body", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const name = crypto.randomUUID();
    const first = await api.post("/v1/jobs", { ...greet, idempotencyKey: name });
    const again = await api.post("/v1/jobs", greet, { "Idempotency-Key": name });
    expect([again.body.id, replayed(again)]).toEqual([first.body.id, "true"]);
  });

  it("is refused when the header and the body do not agree on it", async () => {
    const tenant = await createTenant();
    const posted = await apiOf(tenant).post("/v1/jobs", { ...greet, idempotencyKey: "another" }, key());
    expectProblem(posted, "invalid_parameter");
    expect(await countJobs(tenant.id)).toBe(0);
  });

  it("must leave place for the index when it is a batch's", async () => {
    const tenant = await createTenant();
    const header = { "Idempotency-Key": "k".repeat(251) };
    expectProblem(await apiOf(tenant).post("/v1/jobs/batch", { jobs: [greet] }, header), "invalid_parameter");
    expect((await apiOf(tenant).post("/v1/jobs", greet, header)).status).toBe(202);
  });

  it("waits for the job of the first request", async () => {
    const api = apiOf(await createTenant());
    const header = key();
    await api.post("/v1/jobs", greet, header);
    const again = await api.post("/v1/jobs?wait=10", greet, header);
    expect([again.status, again.body.result, replayed(again)]).toEqual([200, "hello Ada", "true"]);
  });

  it.each([
    ["payload", { ...greet, payload: { name: "Grace" } }],
    ["type", { ...greet, type: "echo" }],
    ["queue", { ...greet, queue: "other" }],
    ["priority", { ...greet, priority: 1 }],
    ["number of attempts", { ...greet, maxAttempts: 1 }],
  ])("belongs to its request: another %s is refused", async (_, other) => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const header = key();
    await api.post("/v1/jobs", greet, header);
    const refused = await api.post("/v1/jobs", other, header);
    const { errors } = expectProblem(refused, "idempotency_key_reused");
    expect(errors).toMatchObject([{ pointer: "#/idempotencyKey", code: "reused" }]);
    expect(refused.headers.has("Retry-After")).toBe(false);
    expect(await countJobs(tenant.id)).toBe(1);
  });

  it("lets one of two requests store the job that come at the same time", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const header = key();
    const answers = await Promise.all(Array.from({ length: 8 }, () => api.post("/v1/jobs", greet, header)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 202));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(answers.filter((answer) => replayed(answer) === null)).toHaveLength(1);
    expect(await countJobs(tenant.id)).toBe(1);
  });

  it("lets one of two different requests have it that come at the same time", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const header = key();
    const answers = await Promise.all(
      ["Ada", "Grace", "Edsger"].map((name) => api.post("/v1/jobs", { type: "greet", payload: { name } }, header)),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 422, 422]);
    expect(await countJobs(tenant.id)).toBe(1);
  });

  it("is the tenant's own", async () => {
    const header = key();
    const first = await apiOf(await createTenant()).post("/v1/jobs", greet, header);
    const other = await apiOf(await createTenant()).post("/v1/jobs", greet, header);
    expect([other.status, replayed(other)]).toEqual([202, null]);
    expect(other.body.id).not.toBe(first.body.id);
  });

  it("stands for each job of a batch by its place", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const header = key();
    const jobs = [greet, greet, { ...greet, idempotencyKey: crypto.randomUUID() }];
    const first = await api.post("/v1/jobs/batch", { jobs }, header);
    const again = await api.post("/v1/jobs/batch", { jobs }, header);
    const ids = ({ body }: Answer) => body.data.map(({ id }: { id: string }) => id);
    expect(ids(again)).toEqual(ids(first));
    expect(new Set(ids(first)).size).toBe(3);
    expect([replayed(first), replayed(again)]).toEqual([null, "true"]);
    expect(await countJobs(tenant.id)).toBe(3);
  });

  it("lets a batch that was sent before in part store the rest", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const header = key();
    const first = await api.post("/v1/jobs/batch", { jobs: [greet] }, header);
    const more = await api.post("/v1/jobs/batch", { jobs: [greet, greet] }, header);
    expect([more.status, replayed(more)]).toEqual([202, null]);
    expect(more.body.data[0].id).toBe(first.body.data[0].id);
    expect(await countJobs(tenant.id)).toBe(2);
  });

  it("stores nothing of a batch in whose middle one belongs to another request", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    await api.post("/v1/jobs", { ...greet, idempotencyKey: "taken" });
    const jobs = [greet, { type: "noop", idempotencyKey: "taken" }, greet];
    const { errors } = expectProblem(await api.post("/v1/jobs/batch", { jobs }), "idempotency_key_reused");
    expect(errors).toMatchObject([{ pointer: "#/jobs/1/idempotencyKey" }]);
    expect(await countJobs(tenant.id)).toBe(1);
  });

  it("spends no token when it repeats a request", async () => {
    const api = apiOf(await createTenant({ rate: 1, burst: 80 }));
    const jobs = Array.from({ length: 40 }, () => greet);
    const header = key();
    const first = await api.post("/v1/jobs/batch", { jobs }, header);
    const again = await api.post("/v1/jobs/batch", { jobs }, header);
    expect([first.status, again.status]).toEqual([202, 202]);
    expect(remaining(again)).toBeGreaterThanOrEqual(remaining(first));
    expect((await api.post("/v1/jobs/batch", { jobs })).status).toBe(202);
  });

  it("spends no token when it belongs to another request", async () => {
    const api = apiOf(await createTenant({ rate: 1, burst: 80 }));
    const header = key();
    await api.post("/v1/jobs/batch", { jobs: [greet] }, header);
    const jobs = Array.from({ length: 70 }, () => ({ type: "noop" }));
    expectProblem(await api.post("/v1/jobs/batch", { jobs }, header), "idempotency_key_reused");
    expect((await api.post("/v1/jobs/batch", { jobs })).status).toBe(202);
  });
});

describe("an id of the caller's", () => {
  it("makes the same request again the same job", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const job = { ...greet, id: uuidv7() };
    const first = await api.post("/v1/jobs?wait=10", job);
    const again = await api.post("/v1/jobs", job);
    expect([first.body.id, again.body.id]).toEqual([job.id, job.id]);
    expect([again.body.state, replayed(again)]).toEqual(["succeeded", "true"]);
    expect(await countJobs(tenant.id)).toBe(1);
  });

  it("belongs to its request: another one is refused", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const id = uuidv7();
    await api.post("/v1/jobs", { ...greet, id });
    const refused = await api.post("/v1/jobs", { type: "noop", id });
    expect(expectProblem(refused, "idempotency_key_reused").errors).toMatchObject([{ pointer: "#/id" }]);
    expect(await countJobs(tenant.id)).toBe(1);
  });

  it("cannot take the id of a job that was stored without one", async () => {
    const api = apiOf(await createTenant());
    const { body } = await api.post("/v1/jobs", greet);
    const refused = await api.post("/v1/jobs", { ...greet, id: body.id });
    expectProblem(refused, "idempotency_key_reused");
  });

  it("stores nothing of a batch in whose middle one belongs to another request", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const id = uuidv7();
    await api.post("/v1/jobs", { ...greet, id });
    const jobs = [greet, { type: "noop", id }, greet];
    const { errors } = expectProblem(await api.post("/v1/jobs/batch", { jobs }), "idempotency_key_reused");
    expect(errors).toMatchObject([{ pointer: "#/jobs/1/id" }]);
    expect(await countJobs(tenant.id)).toBe(1);
  });

  it("lets one of many requests store the job that come at the same time", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const job = { ...greet, id: uuidv7() };
    const answers = await Promise.all(Array.from({ length: 8 }, () => api.post("/v1/jobs", job)));
    expect(new Set(answers.map(({ body }) => body.id))).toEqual(new Set([job.id]));
    expect(await countJobs(tenant.id)).toBe(1);
  });
});
