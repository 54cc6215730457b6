import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { z } from "zod";
import type { Admission } from "../../src/protocol/gate.ts";
import { createSluice, defineHandler } from "../../src/sluice.ts";
import { apiOf } from "../support/api.ts";
import { expectProblem } from "../support/problems.ts";
import { storedObjects } from "../support/stored-jobs.ts";
import { createTenant } from "../support/tenants.ts";

const LARGE = { type: "noop", payload: "x".repeat(40_000) };
const RATE = { rate: 10, burst: 20, remaining: 5 };

/** Stands in for every tenant's gate. */
function gateThatAnswers(admission: Admission): void {
  vi.spyOn(env.GATES, "getByName").mockReturnValue({ enqueue: async () => admission } as never);
}

let logged: MockInstance<typeof console.error>;

beforeEach(() => {
  logged = vi.spyOn(console, "error").mockReturnValue();
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe("what the gate does not admit", () => {
  it("is a 503 that says when to come back while too much waits to be written", async () => {
    const api = apiOf(await createTenant());
    const limit = { name: "buffer", max: 20_000, current: 19_999 };
    gateThatAnswers({ kind: "overloaded", retryAfterMs: 1_000, limit, rate: RATE });
    const refused = await api.post("/v1/jobs", { type: "noop" });
    const body = expectProblem(refused, "overloaded");
    expect(body.limit).toEqual(limit);
    expect(["1", "2"]).toContain(refused.headers.get("Retry-After"));
    expect(refused.headers.get("RateLimit")).toBe('"enqueue";r=5;t=2');
    expect(refused.headers.get("RateLimit-Policy")).toBe('"enqueue";q=20;w=2');
  });

  it("never asks to come back at the same time as everybody else", async () => {
    const api = apiOf(await createTenant());
    const limit = { name: "rate", max: 20, current: 20 };
    gateThatAnswers({ kind: "rate_limited", retryAfterMs: 10_000, limit, rate: RATE });
    const refusals = await Promise.all(Array.from({ length: 20 }, () => api.post("/v1/jobs", { type: "noop" })));
    const waits = refusals.map(({ body }) => body.retryAfterMs);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(10_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(12_500);
    expect(new Set(waits).size).toBeGreaterThan(10);
  });

  it("is a 422 when the database refuses it for good, and leaves nothing in R2", async () => {
    const tenant = await createTenant();
    gateThatAnswers({ kind: "refused", message: "CHECK constraint failed" });
    const refused = await apiOf(tenant).post("/v1/jobs", LARGE);
    expect(expectProblem(refused, "refused").detail).toBe("CHECK constraint failed");
    expect(refused.headers.has("Retry-After")).toBe(false);
    expect(await storedObjects(tenant.id)).toEqual([]);
  });

  it("leaves nothing in R2 when nothing was tried", async () => {
    const tenant = await createTenant();
    gateThatAnswers({ kind: "storage_unavailable", retryAfterMs: 1_000, untried: true });
    const refused = await apiOf(tenant).post("/v1/jobs", LARGE);
    expect(expectProblem(refused, "storage_unavailable").detail).toContain("nothing was stored");
    expect(await storedObjects(tenant.id)).toEqual([]);
  });

  it("keeps its payload in R2 when it may have been stored", async () => {
    const tenant = await createTenant();
    gateThatAnswers({ kind: "storage_unavailable", retryAfterMs: 1_000, untried: false });
    const refused = await apiOf(tenant).post("/v1/jobs", LARGE);
    expectProblem(refused, "storage_unavailable");
    expect(refused.headers.get("Retry-After")).toMatch(/^[12]$/);
    expect(await storedObjects(tenant.id)).toHaveLength(1);
  });
});

describe("an error of our own", () => {
  it("is a 500 that is logged with its request id, and told without details", async () => {
    const { key } = await createTenant();
    const broken = defineHandler({
      type: "broken",
      input: z.unknown().refine(() => {
        throw new Error("the password is hunter2");
      }),
      run: () => null,
    });
    const response = await createSluice({ handlers: [broken] }).app.request(
      "https://sluice.test/v1/jobs",
      {
        method: "POST",
        headers: { Authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify({ type: "broken" }),
      },
      env,
    );
    const text = await response.text();
    const answer = { status: response.status, headers: response.headers, body: JSON.parse(text) };
    const { requestId } = expectProblem(answer, "internal_error");
    expect(text).not.toContain("hunter2");
    expect(logged).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(`${requestId}.*hunter2`));
  });
});
