import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { issueReadToken } from "../../src/protocol/read-token.ts";
import { apiOf, request } from "../support/api.ts";
import { operator } from "../support/operator.ts";
import { expectProblem } from "../support/problems.ts";
import { secretKeys, TEST_KEYS } from "../support/secret-keys.ts";
import { createTenant } from "../support/tenants.ts";
import sluice from "../support/worker.ts";

const JOB = { type: "echo", payload: { secret: "of the tenant" } };
const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });

async function withToken() {
  const tenant = await createTenant();
  const { body } = await apiOf(tenant).post("/v1/jobs?readToken=true", JOB);
  return { tenant, api: apiOf(tenant), job: body, token: body.readToken.token as string };
}

describe("a read token", () => {
  it("comes with the job on request, and lets its page follow that job", async () => {
    const { job, token } = await withToken();
    const expiresIn = Date.parse(job.readToken.expiresAt) - Date.now();
    expect(expiresIn).toBeGreaterThan(890_000);
    expect(expiresIn).toBeLessThanOrEqual(900_000);
    const followed = await request(`/v1/jobs/${job.id}?wait=10`, bearer(token));
    expect([followed.status, followed.body.state]).toEqual([200, "succeeded"]);
    expect(Object.keys(followed.body).toSorted()).toEqual([
      "attempt",
      "createdAt",
      "dueAt",
      "finishedAt",
      "id",
      "maxAttempts",
      "result",
      "startedAt",
      "state",
      "type",
    ]);
  });

  it("comes when it is asked for later, in the same Worker too", async () => {
    const tenant = await createTenant();
    const { body: job } = await apiOf(tenant).post("/v1/jobs", JOB);
    expect(job).not.toHaveProperty("readToken");
    const later = await apiOf(tenant).post(`/v1/jobs/${job.id}/read-token`);
    const here = await sluice.jobs(env, tenant.id).readToken(job.id);
    for (const { token } of [later.body, here]) {
      expect((await request(`/v1/jobs/${job.id}`, bearer(token))).body.id).toBe(job.id);
    }
    expect(later.status).toBe(201);
    const unknown = "019f0000-0000-7000-8000-000000000000";
    expectProblem(await apiOf(tenant).post(`/v1/jobs/${unknown}/read-token`), "job_not_found");
  });

  it("reads no other job, and does nothing else", async () => {
    const { api, job, token } = await withToken();
    const { body: other } = await api.post("/v1/jobs", JOB);
    expectProblem(await request(`/v1/jobs/${other.id}`, bearer(token)), "insufficient_scope");
    expectProblem(await request("/v1/jobs", bearer(token)), "insufficient_scope");
    for (const action of ["cancel", "run", "replay", "read-token"]) {
      const answer = await request(`/v1/jobs/${job.id}/${action}`, { method: "POST", ...bearer(token) });
      expectProblem(answer, "insufficient_scope");
    }
  });

  it("ends when its time is up", async () => {
    const { tenant, job } = await withToken();
    const grant = { tenantId: tenant.id, jobId: job.id };
    const over = await issueReadToken(TEST_KEYS, { ...grant, expiresAt: Date.now() - 1 });
    expectProblem(await request(`/v1/jobs/${job.id}`, bearer(over)), "unauthorized");
  });

  it("is none when it was changed, signed by another key, or for a tenant that is gone", async () => {
    const { tenant, job, token } = await withToken();
    const grant = { tenantId: tenant.id, jobId: job.id, expiresAt: Date.now() + 60_000 };
    const foreign = await issueReadToken(secretKeys(`test:${btoa("y".repeat(32))}`), grant);
    const gone = await issueReadToken(TEST_KEYS, { ...grant, tenantId: "nobody" });
    for (const bad of [`${token.slice(0, -1)}${token.endsWith("A") ? "B" : "A"}`, foreign, gone, "slr_x", "slr_"]) {
      expectProblem(await request(`/v1/jobs/${job.id}`, bearer(bad)), "unauthorized");
    }
  });

  it("is refused while its tenant is suspended", async () => {
    const { tenant, job, token } = await withToken();
    await operator.post(`/v1/tenants/${tenant.id}/suspend`);
    expectProblem(await request(`/v1/jobs/${job.id}`, bearer(token)), "tenant_suspended");
    await operator.post(`/v1/tenants/${tenant.id}/resume`);
    expect((await request(`/v1/jobs/${job.id}`, bearer(token))).status).toBe(200);
  });

  it("is refused before the job is stored, where it cannot be made", async () => {
    const tenant = await createTenant();
    const { SLUICE_SECRET_KEYS: _, ...without } = env as typeof env & { SLUICE_SECRET_KEYS: string };
    const sent = new Request("https://sluice.test/v1/jobs?readToken=true", {
      method: "POST",
      headers: { Authorization: `Bearer ${tenant.key}`, "Content-Type": "application/json" },
      body: JSON.stringify(JOB),
    });
    const answer = await sluice.app.fetch(sent, without);
    expect([answer.status, (await answer.json<{ code: string }>()).code]).toEqual([501, "not_configured"]);
    expect((await apiOf(tenant).get("/v1/jobs")).body.data).toEqual([]);
    expectProblem(await apiOf(tenant).post("/v1/jobs?readToken=yes", JOB), "invalid_parameter");
  });
});
