import { createExecutionContext, createMessageBatch } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { apiOf } from "../support/api.ts";
import { interceptSends } from "../support/sends.ts";
import { createTenant } from "../support/tenants.ts";
import worker from "../support/worker.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

afterEach(() => {
  vi.restoreAllMocks();
});

/** The lines of the log that tell of this tenant, from now on. */
function linesOf(tenantId: string): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  const note = (line: string) => {
    if (line.includes(tenantId)) lines.push(JSON.parse(line));
  };
  for (const level of ["info", "warn", "error"] as const) vi.spyOn(console, level).mockImplementation(note);
  return lines;
}

describe("the log", () => {
  it("tells of an attempt that failed in one line, with all ids, without payload, message or key", async () => {
    const tenant = await createTenant();
    const lines = linesOf(tenant.id);
    const secret = `secret-${crypto.randomUUID()}`;
    const job = { type: "leaky", payload: { secret }, queue: "mail" };
    const { body } = await apiOf(tenant).post("/v1/jobs?wait=10", job, {
      traceparent: `00-${TRACE}-00f067aa0ba902b7-01`,
    });
    expect(body.errors[0].message).toContain(secret);
    expect(lines).toEqual([
      {
        level: "warn",
        message: "an attempt failed",
        tenantId: tenant.id,
        jobId: body.id,
        attempt: 1,
        traceId: TRACE,
        type: "leaky",
        queue: "mail",
        state: "failed",
        error: "FatalError",
        waitMs: expect.any(Number),
        runMs: expect.any(Number),
      },
    ]);
    expect(JSON.stringify(lines)).not.toContain(secret);
    expect(JSON.stringify(lines)).not.toContain(tenant.key);
  });

  it("says nothing of what goes well", async () => {
    const tenant = await createTenant();
    const lines = linesOf(tenant.id);
    await apiOf(tenant).post("/v1/jobs?wait=10", { type: "noop", payload: {} });
    expect(lines).toEqual([]);
  });

  it("ties requests to jobs, and tells of every attempt, when it is to", async () => {
    const tenant = await createTenant();
    const lines = linesOf(tenant.id);
    const bindings = { ...env, SLUICE_LOG_JOBS: "all" };
    const sends = interceptSends();
    const request = new Request("https://sluice.test/v1/jobs", {
      method: "POST",
      headers: { Authorization: `Bearer ${tenant.key}`, "content-type": "application/json" },
      body: JSON.stringify({ type: "noop", payload: {} }),
    });
    const response = await worker.fetch(request, bindings, createExecutionContext());
    const { id } = (await response.json()) as { id: string };
    await vi.waitFor(() => expect(sends).toHaveBeenCalled());
    const body = { v: 1, tenantId: tenant.id, jobIds: [id] };
    await worker.queue(
      createMessageBatch("sluice-jobs", [{ id: "m", timestamp: new Date(), attempts: 1, body }]),
      bindings,
    );
    expect(lines).toMatchObject([
      { level: "info", message: "jobs were enqueued", requestId: response.headers.get("Request-Id"), jobIds: [id] },
      { level: "info", message: "an attempt ended", jobId: id, attempt: 1, state: "succeeded" },
    ]);
  });
});
