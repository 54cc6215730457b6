import { describe, expect, it } from "vitest";
import { apiOf } from "../support/api.ts";
import { expectProblem } from "../support/problems.ts";
import { createTenant } from "../support/tenants.ts";

const failing = (retry: object, options = {}) => ({
  type: "flaky",
  payload: { name: crypto.randomUUID(), failures: 99 },
  retry,
  ...options,
});

describe("a job with a retry policy of its own", () => {
  it("is retried by that, and tells of every attempt when it began and ended, and why", async () => {
    const api = apiOf(await createTenant());
    const policy = { maxAttempts: 3, backoff: ["60ms", "120ms"] };
    const { body } = await api.post("/v1/jobs?wait=10", failing(policy));
    expect(body).toMatchObject({ state: "failed", attempt: 3, maxAttempts: 3 });
    expect(body.errors).toMatchObject([
      { attempt: 1, kind: "error", name: "Error", message: "failure 1", stack: expect.any(String) },
      { attempt: 2, message: "failure 2" },
      { attempt: 3, message: "failure 3" },
    ]);
    const [first, second, third] = body.errors.map(({ startedAt, at }: Record<"startedAt" | "at", string>) => ({
      began: Date.parse(startedAt),
      ended: Date.parse(at),
    }));
    expect(first.ended).toBeGreaterThanOrEqual(first.began);
    expect(second.began - first.ended).toBeGreaterThanOrEqual(60);
    expect(third.began - second.ended).toBeGreaterThanOrEqual(120);
  });

  it("is another request when its policy is another", async () => {
    const api = apiOf(await createTenant());
    const named = { idempotencyKey: "k", payload: { name: "n", failures: 0 } };
    await api.post("/v1/jobs", failing({ maxAttempts: 2 }, named));
    expect((await api.post("/v1/jobs", failing({ maxAttempts: 2 }, named))).status).toBe(202);
    expectProblem(await api.post("/v1/jobs", failing({ maxAttempts: 3 }, named)), "idempotency_key_reused");
  });
});
