import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { MOST_ENDPOINTS } from "../../src/storage/endpoints.ts";
import { apiOf, request } from "../support/api.ts";
import { newKey } from "../support/operator.ts";
import { expectProblem } from "../support/problems.ts";
import { createTenant } from "../support/tenants.ts";

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);
const SECRET = "it is a secret to everybody";
const GITHUB = { provider: "github", secret: SECRET, type: "echo" };
const OWN_SCHEME = {
  proof: { kind: "hmac", hash: "sha256", header: "X-Signature", encoding: "hex", content: "{body}" },
  deliveryId: ["{header:x-delivery}"],
};

const newApi = async () => apiOf(await createTenant());

describe("an endpoint", () => {
  it("is made with 201 and an address of its own, and keeps it when it is set anew", async () => {
    const api = await newApi();
    const made = await api.put("/v1/endpoints/github", { ...GITHUB, queue: "hooks", priority: 9, events: ["push"] });
    expect([made.status, made.body]).toEqual([
      201,
      {
        name: "github",
        id: expect.stringMatching(/^ep_[\w-]{24}$/),
        url: `https://sluice.test/in/${made.body.id}`,
        provider: "github",
        scheme: null,
        type: "echo",
        queue: "hooks",
        priority: 9,
        events: ["push"],
        disabled: false,
        previousSecretUntil: null,
        createdAt: time,
        updatedAt: time,
      },
    ]);
    const set = await api.put("/v1/endpoints/github", GITHUB);
    expect([set.status, set.body]).toMatchObject([200, { id: made.body.id, queue: "default", events: [] }]);
    expect((await api.get("/v1/endpoints/github")).body).toEqual(set.body);
    expect((await api.get("/v1/endpoints")).body).toEqual({ data: [set.body] });
  });

  it("keeps its secret when none is given, and needs one at first", async () => {
    const api = await newApi();
    const { secret: _, ...without } = GITHUB;
    expect(expectProblem(await api.put("/v1/endpoints/a", without), "invalid_request").errors).toMatchObject([
      { pointer: "#/secret", code: "required" },
    ]);
    await api.put("/v1/endpoints/a", GITHUB);
    expect((await api.put("/v1/endpoints/a", { ...without, disabled: true })).body).toMatchObject({ disabled: true });
  });

  it("takes a scheme of the tenant's own, and shows it", async () => {
    const api = await newApi();
    const { body } = await api.put("/v1/endpoints/own", { scheme: OWN_SCHEME, secret: SECRET, type: "echo" });
    expect(body).toMatchObject({ provider: null, scheme: { proof: { header: "x-signature" } } });
    const again = await api.put("/v1/endpoints/own", { scheme: body.scheme, type: "echo" });
    expect(again.body.scheme).toEqual(body.scheme);
  });

  it.each([
    [{ ...GITHUB, provider: "gitea" }, "#/provider"],
    [{ secret: SECRET, type: "echo" }, ""],
    [{ ...GITHUB, scheme: OWN_SCHEME }, ""],
    [{ ...GITHUB, type: "no such type" }, "#/type"],
    [{ ...GITHUB, secret: "" }, "#/secret"],
    [{ ...GITHUB, provider: "stripe", secret: "sk_1" }, "#/secret"],
    [{ ...GITHUB, events: ["a*b"] }, "#/events/0"],
    [{ scheme: OWN_SCHEME, secret: SECRET, type: "echo", events: ["push"] }, "#/events"],
    [{ ...GITHUB, scheme: { proof: { kind: "hmac" } }, provider: undefined }, "#/scheme/proof/hash"],
    [{ ...GITHUB, colour: "red" }, "#/colour"],
  ])("is refused as %j", async (body, pointer) => {
    const api = await newApi();
    const problem = expectProblem(await api.put("/v1/endpoints/a", body), "invalid_request");
    expect(problem.errors[0].pointer).toBe(pointer === "" ? "#" : pointer);
    expect(JSON.stringify(problem)).not.toContain(SECRET);
    expect((await api.get("/v1/endpoints")).body.data).toEqual([]);
  });

  it("is refused a scheme that its secret is none of", async () => {
    const api = await newApi();
    await api.put("/v1/endpoints/a", GITHUB);
    const other = await api.put("/v1/endpoints/a", { provider: "stripe", type: "echo" });
    expect(expectProblem(other, "invalid_request").errors[0].pointer).toBe("#/secret");
    expect((await api.get("/v1/endpoints/a")).body.provider).toBe("github");
  });

  it("is another tenant's business", async () => {
    const [api, other] = [await newApi(), await newApi()];
    await api.put("/v1/endpoints/a", GITHUB);
    expectProblem(await other.get("/v1/endpoints/a"), "endpoint_not_found");
    expectProblem(await other.delete("/v1/endpoints/a"), "endpoint_not_found");
    expectProblem(await other.post("/v1/endpoints/a/rotate", { secret: "x" }), "endpoint_not_found");
    expectProblem(await other.get("/v1/endpoints/a/rejections"), "endpoint_not_found");
    expectProblem(await request("/v1/endpoints"), "unauthorized");
  });

  it("is hidden from a key for other types", async () => {
    const tenant = await createTenant();
    await apiOf(tenant).put("/v1/endpoints/a", GITHUB);
    const other = apiOf(await newKey(tenant.id, { types: ["noop"] }));
    expect((await other.get("/v1/endpoints")).body.data).toEqual([]);
    expectProblem(await other.get("/v1/endpoints/a"), "type_not_allowed");
    expectProblem(await other.put("/v1/endpoints/a", { ...GITHUB, type: "noop" }), "type_not_allowed");
    expectProblem(await other.put("/v1/endpoints/b", GITHUB), "type_not_allowed");
    expect((await other.put("/v1/endpoints/b", { ...GITHUB, type: "noop" })).status).toBe(201);
  });

  it("is gone once it was deleted", async () => {
    const api = await newApi();
    const { body } = await api.put("/v1/endpoints/a", GITHUB);
    expect((await api.delete("/v1/endpoints/a")).status).toBe(204);
    expectProblem(await api.get("/v1/endpoints/a"), "endpoint_not_found");
    expectProblem(await api.delete("/v1/endpoints/a"), "endpoint_not_found");
    expectProblem(await request(`/in/${body.id}`, { method: "POST", body: "{}" }), "endpoint_not_found");
  });

  it("stands beside 99 others at most", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    await api.put("/v1/endpoints/a", GITHUB);
    await env.DB.prepare(
      `INSERT INTO endpoints SELECT tenant_id, e.id || value, name || value, provider, scheme, secrets, previous_until, type,
         queue, priority, events, disabled, created_at, updated_at
       FROM endpoints e, (SELECT value FROM json_each(?2)) WHERE tenant_id = ?1`,
    )
      .bind(tenant.id, JSON.stringify(Array.from({ length: MOST_ENDPOINTS - 1 }, (_, n) => n)))
      .run();
    const { limit } = expectProblem(await api.put("/v1/endpoints/b", GITHUB), "too_many_endpoints");
    expect(limit).toEqual({ name: "endpoints", max: MOST_ENDPOINTS, current: MOST_ENDPOINTS });
    expect((await api.put("/v1/endpoints/a", GITHUB)).status).toBe(200);
  });

  it("has its secrets in the database only as they are sealed, and in no answer", async () => {
    const tenant = await createTenant();
    const api = apiOf(tenant);
    const made = await api.put("/v1/endpoints/a", GITHUB);
    const rotated = await api.post("/v1/endpoints/a/rotate", { secret: "another secret" });
    const { results } = await env.DB.prepare("SELECT * FROM endpoints WHERE tenant_id = ?1").bind(tenant.id).all();
    for (const text of [results, made.body, rotated.body].map((value) => JSON.stringify(value))) {
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain("another secret");
    }
    expect(results[0]?.["secrets"]).toMatch(/^sealed\.v1\.test\./);
  });
});
