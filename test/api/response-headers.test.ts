import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/config.ts";
import { createSluice } from "../../src/sluice.ts";
import { apiOf, request, upload } from "../support/api.ts";
import { operator } from "../support/operator.ts";
import { createTenant } from "../support/tenants.ts";
import sluice from "../support/worker.ts";

const ALLOWED = "https://app.example.com";
const PAGES = { ...env, SLUICE_CORS_ORIGINS: `${ALLOWED}, http://localhost:5173` };

const HEADERS = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "x-frame-options": "DENY",
  "strict-transport-security": "max-age=15552000",
  "cross-origin-resource-policy": "same-origin",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};

const headersOf = (headers: Headers) =>
  Object.fromEntries(Object.keys(HEADERS).map((name) => [name, headers.get(name)]));

describe("every answer", () => {
  it("tells browsers that it is nothing to show, whatever it says", async () => {
    const api = apiOf(await createTenant());
    const answers = [
      await request("/healthz"),
      await request("/problems/unauthorized"),
      await request("/v1/jobs"),
      await api.get("/v1/jobs"),
      await api.post("/v1/jobs", { type: "noop" }),
      await api.post("/v1/jobs", "{"),
      await api.get("/v1/nowhere"),
      await operator.get("/v1/tenants?limit=1"),
    ];
    for (const { headers } of answers) expect(headersOf(headers)).toEqual(HEADERS);
  });

  it("to a key or to the operator is kept by no cache", async () => {
    const api = apiOf(await createTenant());
    for (const { headers } of [
      await api.get("/v1/jobs"),
      await api.get("/v1/jobs/none"),
      await api.get("/v1/keys"),
      await request("/v1/jobs"),
      await operator.get("/v1/tenants?limit=1"),
    ]) {
      expect(headers.get("Cache-Control")).toBe("no-store");
    }
  });

  it("with a blob keeps the blob's own rules, and can be cached by its tag", async () => {
    const tenant = await createTenant();
    const { body } = await upload(tenant, "hello");
    const { headers } = await apiOf(tenant).get(`/v1/blobs/${body.id}`);
    expect(headers.get("Cache-Control")).toBe("private, max-age=31536000, immutable");
    expect(headers.get("Content-Security-Policy")).toBe("default-src 'none'; sandbox");
    expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
    const again = await apiOf(tenant).get(`/v1/blobs/${body.id}`, { "If-None-Match": headers.get("ETag") ?? "" });
    expect([again.status, again.body]).toEqual([304, ""]);
  });

  it("of a team's own routes is left as it is", async () => {
    const team = new Hono()
      .route("/", createSluice({ handlers: [] }).app as never)
      .get("/", (c) => c.html("<p>hi</p>"));
    const page = await team.request("https://team.test/", {}, env);
    expect(await page.text()).toBe("<p>hi</p>");
    for (const name of Object.keys(HEADERS)) expect(page.headers.get(name)).toBeNull();
  });
});

describe("pages of other origins", () => {
  const send = (bindings: object, origin: string, init: RequestInit = {}, path = "/v1/jobs") => {
    const headers = { ...(init.headers as Record<string, string>), Origin: origin };
    return sluice.app.request(`https://sluice.test${path}`, { ...init, headers }, bindings);
  };
  const preflight = {
    method: "OPTIONS",
    headers: { "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization" },
  };
  const corsOf = ({ headers }: Response) => [...headers.keys()].filter((name) => name.startsWith("access-control-"));

  it("may call nothing unless they are told to", async () => {
    const { key } = await createTenant();
    const asked = await send(env, ALLOWED, preflight);
    expect([asked.status, corsOf(asked)]).toEqual([401, []]);
    const answered = await send(env, ALLOWED, { headers: { Authorization: `Bearer ${key}` } });
    expect([answered.status, corsOf(answered), answered.headers.get("Vary")]).toEqual([200, [], null]);
  });

  it("that are listed may call the API, and read what its headers say", async () => {
    const { key } = await createTenant();
    const asked = await send(PAGES, ALLOWED, preflight);
    expect(asked.status).toBe(204);
    expect(asked.headers.get("Access-Control-Allow-Origin")).toBe(ALLOWED);
    expect(asked.headers.get("Access-Control-Allow-Headers")).toContain("Authorization");
    expect(asked.headers.get("Access-Control-Allow-Methods")).toContain("DELETE");
    expect(asked.headers.get("Access-Control-Allow-Credentials")).toBeNull();
    const answered = await send(PAGES, ALLOWED, { headers: { Authorization: `Bearer ${key}` } });
    expect(answered.headers.get("Access-Control-Allow-Origin")).toBe(ALLOWED);
    expect(answered.headers.get("Access-Control-Expose-Headers")).toContain("Retry-After");
    expect(answered.headers.get("Vary")).toContain("Origin");
    const refused = await send(PAGES, ALLOWED);
    expect([refused.status, refused.headers.get("Access-Control-Allow-Origin")]).toEqual([401, ALLOWED]);
  });

  it.each(["https://evil.example.com", "https://app.example.com.evil.com", "http://app.example.com", "null"])(
    "that are not listed, as %s, may not",
    async (origin) => {
      for (const init of [preflight, {}]) {
        const answer = await send(PAGES, origin, init);
        expect(answer.headers.get("Access-Control-Allow-Origin")).toBeNull();
        expect(answer.headers.get("Vary")).toContain("Origin");
      }
    },
  );

  it("never call the operator's routes", async () => {
    const asked = await send(PAGES, ALLOWED, preflight, "/v1/tenants");
    expect([asked.status, corsOf(asked)]).toEqual([401, []]);
  });

  it.each(["*", "app.example.com", "https://app.example.com/", "https://app.example.com/path", "ftp://example.com"])(
    "are not listed as %s: the Worker says what is wrong",
    (SLUICE_CORS_ORIGINS) => {
      expect(() => readConfig({ SLUICE_CORS_ORIGINS })).toThrow(/SLUICE_CORS_ORIGINS/);
    },
  );
});
