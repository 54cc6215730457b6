import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { apiOf, request } from "../support/api.ts";
import { expectProblem } from "../support/problems.ts";
import { createTenant } from "../support/tenants.ts";
import sluice from "../support/worker.ts";

const LOOKUP = /from "api_keys"/i;

afterEach(() => {
  vi.restoreAllMocks();
});

describe("an API key", () => {
  it("is looked up once, not with every request", async () => {
    const api = apiOf(await createTenant());
    const prepared = vi.spyOn(env.DB, "prepare");
    const lookups = () => prepared.mock.calls.filter(([sql]) => LOOKUP.test(sql)).length;
    await api.post("/v1/jobs", { type: "noop" });
    expect(lookups()).toBe(1);
    await api.post("/v1/jobs", { type: "noop" });
    await api.get("/v1/jobs");
    expect(lookups()).toBe(1);
  });

  it("stops working when it is removed, as soon as nobody trusts its memory any more", async () => {
    const tenant = await createTenant();
    const forgetful = { ...env, SLUICE_KEY_CACHE_MS: "0" };
    const list = () =>
      sluice.app.request(
        "https://sluice.test/v1/jobs",
        { headers: { Authorization: `Bearer ${tenant.key}` } },
        forgetful,
      );
    expect((await list()).status).toBe(200);
    await env.DB.prepare("DELETE FROM api_keys WHERE tenant_id = ?1").bind(tenant.id).run();
    const refused = await list();
    expect(refused.status).toBe(401);
    expect(refused.headers.get("WWW-Authenticate")).toBe('Bearer realm="sluice", error="invalid_token"');
  });

  it("is asked for without an error when there is none", async () => {
    const refused = await request("/v1/jobs");
    expect(refused.headers.get("WWW-Authenticate")).toBe('Bearer realm="sluice"');
  });

  it("that cannot be looked up is no 401: the caller may try again", async () => {
    const api = apiOf(await createTenant());
    const prepare = env.DB.prepare.bind(env.DB);
    vi.spyOn(console, "error").mockReturnValue();
    vi.spyOn(env.DB, "prepare").mockImplementation((sql) => {
      if (LOOKUP.test(sql)) throw new Error("D1_ERROR: Network connection lost.");
      return prepare(sql);
    });
    const refused = await api.get("/v1/jobs");
    expectProblem(refused, "storage_unavailable");
    expect(refused.headers.get("Retry-After")).toMatch(/^[12]$/);
    vi.restoreAllMocks();
    expect((await api.get("/v1/jobs")).status).toBe(200);
  });
});
