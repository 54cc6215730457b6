import { env } from "cloudflare:workers";
import { v7 as uuidv7 } from "uuid";
import { afterEach, describe, expect, it, vi } from "vitest";
import { apiOf } from "../support/api.ts";
import { expectProblem } from "../support/problems.ts";
import { countJobs, storedObjects } from "../support/stored-jobs.ts";
import { createTenant } from "../support/tenants.ts";

/** JSON text of exactly so many bytes. */
const ofBytes = (bytes: number) => "x".repeat(bytes - 2);
const LARGE = ofBytes(40_000);
const echo = (payload: unknown, options: { id?: string; idempotencyKey?: string } = {}) => ({
  type: "echo",
  payload,
  ...options,
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a payload of more than 32 KB", () => {
  it("goes through R2, and so does a result", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const posted = await api.post("/v1/jobs?wait=10", echo(LARGE));
    expect(posted.body).toMatchObject({ state: "succeeded", result: LARGE });
    const objects = await storedObjects(tenant.id);
    expect(objects).toEqual([
      expect.stringMatching(`^${posted.body.id}/payload-`),
      expect.stringMatching(`^${posted.body.id}/result-1$`),
    ]);
    expect((await api.get(`/v1/jobs/${posted.body.id}`)).body).toMatchObject({ payload: LARGE, result: LARGE });
    const listed = await api.get("/v1/jobs?include=payload,result");
    expect(listed.body.data).toMatchObject([{ payload: LARGE, result: LARGE }]);
  });

  it("begins at 32,769 bytes, counted as UTF-8", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    await api.post("/v1/jobs", { type: "noop", payload: ofBytes(32_768) });
    await api.post("/v1/jobs", { type: "noop", payload: "ö".repeat(16_383) });
    expect(await storedObjects(tenant.id)).toEqual([]);
    await api.post("/v1/jobs", { type: "noop", payload: ofBytes(32_769) });
    await api.post("/v1/jobs", { type: "noop", payload: "ö".repeat(16_384) });
    expect(await storedObjects(tenant.id)).toHaveLength(2);
  });

  it("leaves nothing in R2 when the rate does not admit it", async () => {
    const tenant = await createTenant({ rate: 1, burst: 20 });
    const api = apiOf(tenant);
    await api.post("/v1/jobs/batch", { jobs: Array.from({ length: 20 }, () => ({ type: "noop" })) });
    const jobs = Array.from({ length: 20 }, () => echo(LARGE));
    expectProblem(await api.post("/v1/jobs/batch", { jobs }), "rate_limited");
    expectProblem(await api.post("/v1/jobs/batch", { jobs: [...jobs, echo(1)] }), "batch_exceeds_burst");
    expect(await storedObjects(tenant.id)).toEqual([]);
  });

  it("leaves nothing in R2 when another job of its batch is invalid", async () => {
    const tenant = await createTenant();
    const refused = await apiOf(tenant).post("/v1/jobs/batch", { jobs: [echo(LARGE), { type: "nowhere" }] });
    expectProblem(refused, "unknown_type");
    expect(await storedObjects(tenant.id)).toEqual([]);
  });

  it("leaves nothing in R2 when its id or key belongs to another request", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const named = { id: uuidv7(), idempotencyKey: "k" };
    await api.post("/v1/jobs", echo("small", named));
    expectProblem(await api.post("/v1/jobs", echo(LARGE, { id: named.id })), "idempotency_key_reused");
    expectProblem(await api.post("/v1/jobs", echo(LARGE, { idempotencyKey: "k" })), "idempotency_key_reused");
    expect(await storedObjects(tenant.id)).toEqual([]);
  });

  it("is kept once when its request is repeated, and the job still has it", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const job = echo(LARGE, { id: uuidv7() });
    await api.post("/v1/jobs?wait=10", job);
    const before = await storedObjects(tenant.id);
    const again = await api.post("/v1/jobs", job);
    expect(again.headers.get("Idempotent-Replayed")).toBe("true");
    expect(await storedObjects(tenant.id)).toEqual(before);
    expect((await api.get(`/v1/jobs/${job.id}`)).body.payload).toBe(LARGE);
  });

  it("is kept when what a repeated request has written cannot be removed", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const first = echo(LARGE, { idempotencyKey: "first" });
    await api.post("/v1/jobs", first);
    vi.spyOn(env.BLOBS, "delete").mockRejectedValueOnce(new Error("R2 is away"));
    const warned = vi.spyOn(console, "warn").mockReturnValue();
    const second = echo(LARGE, { idempotencyKey: "second" });
    const both = await api.post("/v1/jobs/batch", { jobs: [first, second] });
    expect(both.status).toBe(202);
    expect(warned).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("payloads were left behind"));
    for (const { id } of both.body.data) {
      expect((await api.get(`/v1/jobs/${id}?wait=10`)).body).toMatchObject({ state: "succeeded", payload: LARGE });
    }
  });

  it("that R2 does not take stores nothing, and says that it may be sent again", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    vi.spyOn(env.BLOBS, "put").mockRejectedValueOnce(new Error("R2 is away"));
    const logged = vi.spyOn(console, "error").mockReturnValue();
    const refused = await api.post("/v1/jobs/batch", { jobs: [echo(LARGE), echo(LARGE), echo("small")] });
    expectProblem(refused, "storage_unavailable");
    expect(refused.headers.get("Retry-After")).toMatch(/^[1-9]\d*$/);
    expect(logged).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("R2 is away"));
    expect(await storedObjects(tenant.id)).toEqual([]);
    expect(await countJobs(tenant.id)).toBe(0);
  });
});
