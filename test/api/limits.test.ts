import { afterEach, describe, expect, it, vi } from "vitest";
import { type Answer, apiOf } from "../support/api.ts";
import { releaseHeldJobs, runHeldJob } from "../support/held-jobs.ts";
import { expectProblem } from "../support/problems.ts";
import { interceptSends } from "../support/sends.ts";
import { countJobs } from "../support/stored-jobs.ts";
import { createTenant } from "../support/tenants.ts";

const jobs = (count: number) => ({ jobs: Array.from({ length: count }, () => ({ type: "noop" })) });

afterEach(() => {
  releaseHeldJobs();
  vi.restoreAllMocks();
});

/** Expects a 503 that tells, as header and in the body, when to come back. */
function expectRetryLater(answer: Answer, code: "rate_limited" | "backlog_full"): Answer["body"] {
  const body = expectProblem(answer, code);
  expect(answer.status).toBe(503);
  const retryAfter = answer.headers.get("Retry-After") ?? "";
  expect(retryAfter).toMatch(/^[1-9]\d*$/);
  expect(body.retryAfter).toBe(Number(retryAfter));
  expect(body.retryAfter).toBe(Math.ceil(body.retryAfterMs / 1_000));
  return body;
}

describe("a tenant's rate", () => {
  it("is told with 503 when it is used up: which limit, and when to come back", async () => {
    const api = apiOf(await createTenant({ rate: 1, burst: 2 }));
    expect((await api.post("/v1/jobs/batch", jobs(2))).status).toBe(202);
    const refused = await api.post("/v1/jobs/batch", jobs(2));
    const body = expectRetryLater(refused, "rate_limited");
    expect(body.limit).toMatchObject({ name: "rate", max: 2 });
    expect(body.limit.current).toBeGreaterThanOrEqual(1);
    expect(refused.headers.get("RateLimit-Policy")).toBe('"enqueue";q=2;w=2');
    expect(refused.headers.get("RateLimit")).toMatch(/^"enqueue";r=[01];t=[12]$/);
  });

  it("asks for as long as it takes, and at most a quarter longer", async () => {
    const api = apiOf(await createTenant({ rate: 1, burst: 1_000 }));
    await api.post("/v1/jobs/batch", jobs(900));
    const { retryAfterMs, limit } = expectRetryLater(await api.post("/v1/jobs/batch", jobs(200)), "rate_limited");
    // 100 tokens are missing, less those that came while the test ran.
    expect(retryAfterMs).toBeGreaterThan(80_000);
    expect(retryAfterMs).toBeLessThanOrEqual(125_000);
    expect(limit.current).toBeGreaterThan(880);
  });

  it("admits again after the time that it named", async () => {
    const api = apiOf(await createTenant({ rate: 1, burst: 2 }));
    await api.post("/v1/jobs/batch", jobs(2));
    const { retryAfterMs } = expectRetryLater(await api.post("/v1/jobs/batch", jobs(2)), "rate_limited");
    const admitted = async () => expect((await api.post("/v1/jobs/batch", jobs(2))).status).toBe(202);
    await vi.waitFor(admitted, { timeout: retryAfterMs + 500, interval: 100 });
  });

  it("lets what it refuses change nothing: no row, no message, no token", async () => {
    const tenant = await createTenant({ rate: 1, burst: 100 });
    const api = apiOf(tenant);
    await api.post("/v1/jobs/batch", jobs(60));
    await vi.waitFor(async () => expect(await countJobs(tenant.id, "succeeded")).toBe(60), { timeout: 10_000 });
    const sent = interceptSends((_, deliver) => deliver());
    for (let n = 0; n < 5; n++) expectRetryLater(await api.post("/v1/jobs/batch", jobs(80)), "rate_limited");
    expect(await countJobs(tenant.id)).toBe(60);
    expect(sent).not.toHaveBeenCalled();
    expect((await api.post("/v1/jobs/batch", jobs(40))).status).toBe(202);
    expect(sent).toHaveBeenCalled();
  });

  it("is no other tenant's", async () => {
    const [full, other] = [apiOf(await createTenant({ rate: 1, burst: 5 })), apiOf(await createTenant())];
    await full.post("/v1/jobs/batch", jobs(5));
    expectRetryLater(await full.post("/v1/jobs/batch", jobs(5)), "rate_limited");
    expect((await other.post("/v1/jobs/batch", jobs(5))).status).toBe(202);
  });

  it("refuses a batch for good that is larger than the burst", async () => {
    const tenant = await createTenant({ rate: 1_000, burst: 2 });
    const refused = await apiOf(tenant).post("/v1/jobs/batch", jobs(3));
    expectProblem(refused, "batch_exceeds_burst");
    expect(refused.headers.has("Retry-After")).toBe(false);
    expect(refused.body).not.toHaveProperty("retryAfterMs");
    expect(await countJobs(tenant.id)).toBe(0);
  });

  it("refuses a batch for good that the backlog could never take", async () => {
    const tenant = await createTenant({ backlog: 2, concurrency: 1 });
    const refused = await apiOf(tenant).post("/v1/jobs/batch", jobs(4));
    expectProblem(refused, "batch_exceeds_backlog");
    expect(refused.headers.has("Retry-After")).toBe(false);
    expect(await countJobs(tenant.id)).toBe(0);
    expect((await apiOf(tenant).post("/v1/jobs/batch", jobs(3))).status).toBe(202);
  });
});

describe("a tenant's backlog", () => {
  it("is told with 503 when it is full, and has room again when it has drained", async () => {
    const tenant = await createTenant({ backlog: 3, concurrency: 1 });
    const api = apiOf(tenant);
    const held = await runHeldJob(tenant);
    expect((await api.post("/v1/jobs/batch", jobs(3))).status).toBe(202);
    const refused = await api.post("/v1/jobs", { type: "noop" });
    const body = expectRetryLater(refused, "backlog_full");
    expect(body.limit).toEqual({ name: "backlog", max: 3, current: 3 });
    expect(refused.headers.has("RateLimit")).toBe(true);
    expect(await countJobs(tenant.id)).toBe(4);

    await held.release();
    await vi.waitFor(async () => expect(await countJobs(tenant.id, "succeeded")).toBe(4), { timeout: 10_000 });
    expect((await api.post("/v1/jobs/batch", jobs(3))).status).toBe(202);
  });

  it("spends no token on what it refuses", async () => {
    const tenant = await createTenant({ backlog: 10, concurrency: 1, rate: 1, burst: 40 });
    const api = apiOf(tenant);
    await runHeldJob(tenant);
    for (let n = 0; n < 3; n++) expectRetryLater(await api.post("/v1/jobs/batch", jobs(11)), "backlog_full");
    const { headers } = await api.post("/v1/jobs/batch", jobs(10));
    expect(Number(/r=(\d+)/.exec(headers.get("RateLimit") ?? "")?.[1])).toBeGreaterThanOrEqual(29);
  });
});
