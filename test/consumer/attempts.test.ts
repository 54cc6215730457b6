import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { draft } from "../support/drafts.ts";
import { fireAlarm, gateOf } from "../support/gate.ts";
import { gates, starts } from "../support/handlers.ts";
import { rowOf } from "../support/rows.ts";
import { createTenant } from "../support/tenants.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

function job(type: string, payload: Record<string, unknown>, overrides = {}) {
  return draft({ type, payload: JSON.stringify(payload), ...overrides });
}

async function ended(tenantId: string, id: string) {
  return vi.waitFor(
    async () => {
      const row = await rowOf(tenantId, id);
      expect(row["finished_at"]).not.toBeNull();
      return row;
    },
    { timeout: 10_000, interval: 20 },
  );
}

describe("an attempt", () => {
  it("is retried with backoff until it succeeds, by the alarm alone", async () => {
    const { id } = await createTenant();
    const flaky = job("flaky", { name: id, failures: 2 });
    await gateOf(id).enqueue([flaky]);
    const row = await ended(id, flaky.id);
    expect(row).toMatchObject({ state: "succeeded", attempt: 3, failures: 2, result: "3" });
    const errors = JSON.parse(row["errors"] as string);
    expect(errors).toMatchObject([
      { attempt: 1, kind: "error", name: "Error", message: "failure 1" },
      { attempt: 2, message: "failure 2" },
    ]);
  });

  it("ends as failed after its last attempt", async () => {
    const { id } = await createTenant();
    const flaky = job("flaky", { name: id, failures: 99 }, { maxAttempts: 3 });
    await gateOf(id).enqueue([flaky]);
    expect(await ended(id, flaky.id)).toMatchObject({ state: "failed", attempt: 3, failures: 3, result: null });
    expect(starts.get(id)).toBe(3);
  });

  it("ends as failed at once by a FatalError", async () => {
    const { id } = await createTenant();
    const fatal = job("fatal", { name: id });
    await gateOf(id).enqueue([fatal]);
    const row = await ended(id, fatal.id);
    expect(row).toMatchObject({ state: "failed", attempt: 1, failures: 1 });
    expect(JSON.parse(row["errors"] as string)).toMatchObject([{ name: "FatalError", message: "never again" }]);
  });

  it("is retried when a RetryError says, not before", async () => {
    const { id } = await createTenant();
    const later = job("later", { name: id, after: 3_600 });
    await gateOf(id).enqueue([later]);
    const row = await vi.waitFor(async () => {
      const now = await rowOf(id, later.id);
      expect(now["state"]).toBe("retrying");
      return now;
    });
    expect(row["due_at"]).toBeGreaterThan(Date.now() + 3_500_000);
    await fireAlarm(id);
    expect(await rowOf(id, later.id)).toMatchObject({ state: "retrying", attempt: 1 });
  });

  it("ends by its timeout, with the signal aborted, though the handler ignores it", async () => {
    const { id } = await createTenant();
    const stubborn = job("stubborn", { name: id }, { timeoutMs: 50, maxAttempts: 1 });
    await gateOf(id).enqueue([stubborn]);
    const row = await ended(id, stubborn.id);
    expect(row).toMatchObject({ state: "failed", attempt: 1 });
    expect(JSON.parse(row["errors"] as string)).toMatchObject([{ kind: "timeout", name: "TimeoutError" }]);
    expect(starts.get(`${id}:aborted`)).toBe(1);
    gates.get(id)?.resolve();
  });

  it("ends as failed when the payload no longer fits its handler", async () => {
    const { id } = await createTenant();
    const misfit = job("greet", { name: 42 });
    await gateOf(id).enqueue([misfit]);
    const row = await ended(id, misfit.id);
    expect(row).toMatchObject({ state: "failed", attempt: 1 });
    expect(JSON.parse(row["errors"] as string)).toMatchObject([{ name: "InvalidPayload" }]);
  });

  it("keeps a large result in R2, and refuses one above the limit", async () => {
    const { id } = await createTenant();
    const [large, tooLarge] = [job("sized", { bytes: 40_000 }), job("sized", { bytes: 5_000_001 })];
    await gateOf(id).enqueue([large, tooLarge]);
    const row = await ended(id, large.id);
    expect(row).toMatchObject({ state: "succeeded", result: null, result_blob: `${id}/${large.id}/result-1` });
    const object = await env.BLOBS.get(row["result_blob"] as string);
    expect(await object?.json()).toBe("x".repeat(40_000));
    const failed = await ended(id, tooLarge.id);
    expect(JSON.parse(failed["errors"] as string)).toMatchObject([{ name: "ResultTooLarge" }]);
  });

  it("tries again when R2 does not take a large result", async () => {
    const { id } = await createTenant();
    const large = job("sized", { bytes: 40_000 });
    vi.spyOn(env.BLOBS, "put").mockRejectedValueOnce(new Error("R2 is away"));
    await gateOf(id).enqueue([large]);
    expect(await ended(id, large.id)).toMatchObject({ state: "succeeded", attempt: 2, failures: 1 });
  });

  it("fails a job whose result is no JSON", async () => {
    const { id } = await createTenant();
    const circular = job("circular", {});
    await gateOf(id).enqueue([circular]);
    const row = await ended(id, circular.id);
    expect(row).toMatchObject({ state: "failed", attempt: 1 });
    expect(JSON.parse(row["errors"] as string)).toMatchObject([{ name: "ResultNotJson" }]);
  });
});
