import { env } from "cloudflare:workers";
import { sign } from "@octokit/webhooks-methods";
import { Webhook } from "svix";
import { afterEach, describe, expect, it, vi } from "vitest";
import { forgetEndpoint } from "../../src/api/endpoint-cache.ts";
import { apiOf, request } from "../support/api.ts";
import { faultyWrites } from "../support/d1-faults.ts";
import { operator } from "../support/operator.ts";
import { expectProblem } from "../support/problems.ts";
import { createTenant } from "../support/tenants.ts";

const SECRET = "it is a secret to everybody";
const SVIX_SECRET = `whsec_${btoa("a secret of twenty-four!")}`;

afterEach(() => {
  vi.restoreAllMocks();
});

type Overrides = Record<string, unknown>;

/** A tenant with an endpoint for GitHub, and what GitHub sends to it. */
async function github(overrides: Overrides = {}, limits: Parameters<typeof createTenant>[0] = {}) {
  const tenant = await createTenant(limits);
  const api = apiOf(tenant);
  const made = await api.put("/v1/endpoints/github", {
    provider: "github",
    secret: SECRET,
    type: "echo",
    ...overrides,
  });
  const path = new URL(made.body.url).pathname;
  const send = async (body: string, headers: Record<string, string> = {}, secret = SECRET) =>
    request(path, {
      method: "POST",
      body,
      headers: {
        "Content-Type": "application/json",
        "X-GitHub-Event": "push",
        "X-GitHub-Delivery": crypto.randomUUID(),
        "X-Hub-Signature-256": await sign(secret, body),
        ...headers,
      },
    });
  return { tenant, api, path, send };
}

const countJobs = async ({ id }: { id: string }) =>
  env.DB.prepare("SELECT count(*) AS n FROM jobs WHERE tenant_id = ?1").bind(id).first("n");

describe("a webhook that its provider has signed", () => {
  it("becomes a job whose handler gets the event, the headers and the body", async () => {
    const { api, send } = await github({ queue: "hooks", priority: 7 });
    const body = '{"ref": "refs/heads/main", "n": 1.0}';
    const sent = await send(body, { "X-GitHub-Delivery": "d-1", Cookie: "a=b", "User-Agent": "GitHub-Hookshot/1" });
    expect([sent.status, Object.keys(sent.body)]).toEqual([200, ["id"]]);
    const job = await api.get(`/v1/jobs/${sent.body.id}?wait=10`);
    expect(job.body).toMatchObject({ state: "succeeded", type: "echo", queue: "hooks", priority: 7 });
    expect(job.body.result).toMatchObject({
      event: "push",
      deliveryId: "d-1",
      headers: { "x-github-event": "push", "user-agent": "GitHub-Hookshot/1" },
      body: { ref: "refs/heads/main", n: 1 },
      rawBody: body,
    });
    expect(Object.keys(job.body.result.headers).filter((name) => /cookie|signature/.test(name))).toEqual([]);
  });

  it("is one job, however often and by whichever headers it is delivered again", async () => {
    const { tenant, send } = await github();
    const first = await send("{}", { "X-GitHub-Delivery": "d-1" });
    const again = await send("{}", { "X-GitHub-Delivery": "d-1", "User-Agent": "by hand" });
    expect([again.status, again.body]).toEqual([200, { id: first.body.id, duplicate: true }]);
    expect((await send("{}", { "X-GitHub-Delivery": "d-2" })).body.id).not.toBe(first.body.id);
    expect(await countJobs(tenant)).toBe(2);
  });

  it("is one job when it is delivered twice at a time", async () => {
    const { tenant, send } = await github();
    const sent = await Promise.all(Array.from({ length: 5 }, () => send("{}", { "X-GitHub-Delivery": "d-1" })));
    expect(new Set(sent.map(({ body }) => body.id)).size).toBe(1);
    expect(sent.filter(({ body }) => body.duplicate === true)).toHaveLength(4);
    expect(await countJobs(tenant)).toBe(1);
  });

  it("is ignored with 200 when its event is not one of those that are wanted", async () => {
    const { tenant, send } = await github({ events: ["pull_request.*", "push"] });
    expect((await send("{}", { "X-GitHub-Event": "star" })).body).toEqual({ ignored: true, event: "star" });
    expect((await send('{"action":"opened"}', { "X-GitHub-Event": "pull_request" })).body).toHaveProperty("id");
    expect(await countJobs(tenant)).toBe(1);
  });

  it("is taken above the tenant's rate, and takes nothing of it", async () => {
    const { tenant, api, send } = await github({}, { rate: 1, burst: 2 });
    for (let n = 0; n < 6; n++) expect((await send(`{"n":${n}}`)).status).toBe(200);
    expect(await countJobs(tenant)).toBe(6);
    expect((await api.post("/v1/jobs/batch", { jobs: [{ type: "noop" }, { type: "noop" }] })).status).toBe(202);
    expectProblem(await api.post("/v1/jobs", { type: "noop" }), "rate_limited");
    expect((await send('{"n":7}')).status).toBe(200);
  });

  it("takes back no token for a delivery that comes again", async () => {
    const { api, send } = await github({}, { rate: 1, burst: 2 });
    expect((await api.post("/v1/jobs/batch", { jobs: [{ type: "noop" }, { type: "noop" }] })).status).toBe(202);
    for (let n = 0; n < 4; n++) await send("{}", { "X-GitHub-Delivery": "d-1" });
    expectProblem(await api.post("/v1/jobs/batch", { jobs: [{ type: "noop" }, { type: "noop" }] }), "rate_limited");
  });

  it("is turned away with 503 when the backlog is full, and the endpoint says so", async () => {
    const { api, send } = await github({ queue: "hooks" }, { backlog: 2, concurrency: 1 });
    await api.put("/v1/queues/hooks", { paused: true });
    const answers = [];
    for (let n = 0; n < 5; n++) answers.push(await send(`{"n":${n}}`));
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused) expectProblem(answer, "backlog_full");
    await vi.waitFor(async () =>
      expect((await api.get("/v1/endpoints/github/rejections")).body.data).toMatchObject([{ cause: "backlog_full" }]),
    );
  });

  it("is answered 503 when the database does not confirm, and is one job when it comes again", async () => {
    const { tenant, send } = await github();
    await send('{"warm":"up"}');
    faultyWrites((call) => (call === 1 ? "after" : undefined));
    const sent = await send("{}", { "X-GitHub-Delivery": "d-1" });
    expect([200, 503]).toContain(sent.status);
    vi.restoreAllMocks();
    await vi.waitFor(
      async () => expect((await send("{}", { "X-GitHub-Delivery": "d-1" })).body).toMatchObject({ duplicate: true }),
      { timeout: 10_000, interval: 200 },
    );
    expect(await countJobs(tenant)).toBe(2);
  });
});

describe("a webhook that nobody has signed", () => {
  it("is refused with 401, changes nothing, and is listed with its cause", async () => {
    const { tenant, api, send } = await github();
    expectProblem(await send("{}", {}, "another secret"), "webhook_rejected");
    const { body } = await api.get("/v1/endpoints/github/rejections");
    expect(body.data).toMatchObject([{ cause: "signature_mismatch", count: 1, detail: null }]);
    expect(await countJobs(tenant)).toBe(0);
  });

  it("costs one row in a second, whatever is sent", async () => {
    const { tenant, api, send } = await github();
    await Promise.all(Array.from({ length: 30 }, () => send("{}", {}, "another secret")));
    const row = env.DB.prepare("SELECT count(*) AS n FROM endpoint_rejections WHERE tenant_id = ?1").bind(tenant.id);
    await vi.waitFor(async () => expect(await row.first("n")).toBe(1));
    vi.setSystemTime(Date.now() + 1_100);
    await send("{}", {}, "another secret");
    vi.useRealTimers();
    const { body } = await api.get("/v1/endpoints/github/rejections");
    expect(body.data.map(({ count }: { count: number }) => count)).toEqual([30, 1]);
  });

  it("leaves the newest hundred rejections", async () => {
    const { tenant, api, send } = await github();
    const { body } = await api.get("/v1/endpoints/github");
    await env.DB.prepare(
      `INSERT INTO endpoint_rejections SELECT ?1, ?2, printf('00000000-%04d', value), value, 'old', NULL, NULL, 1
       FROM json_each(?3)`,
    )
      .bind(tenant.id, body.id, JSON.stringify(Array.from({ length: 130 }, (_, n) => n)))
      .run();
    await send("{}", {}, "another secret");
    const { data } = (await api.get("/v1/endpoints/github/rejections")).body;
    expect(data).toHaveLength(100);
    expect(data[0].cause).toBe("signature_mismatch");
    const row = env.DB.prepare("SELECT count(*) AS n FROM endpoint_rejections WHERE tenant_id = ?1").bind(tenant.id);
    expect(await row.first("n")).toBe(100);
  });
});

describe("the address of an endpoint", () => {
  it.each(["ep_nothing", "ep_AAAAAAAAAAAAAAAAAAAAAAAA", "x".repeat(300)])("is not found as %s", async (id) => {
    expectProblem(await request(`/in/${id}`, { method: "POST", body: "{}" }), "endpoint_not_found");
  });

  it("is not found while it is disabled", async () => {
    const { api, send } = await github();
    expect((await send("{}")).status).toBe(200);
    await api.put("/v1/endpoints/github", { provider: "github", type: "echo", disabled: true });
    expectProblem(await send("{}"), "endpoint_not_found");
  });

  it("is not found while its tenant is suspended, nor once it is deleted", async () => {
    const { tenant, path } = await github();
    const status = async () => (await request(path, { method: "POST", body: "{}" })).status;
    await operator.post(`/v1/tenants/${tenant.id}/suspend`);
    expect(await status()).toBe(404);
    await operator.post(`/v1/tenants/${tenant.id}/resume`);
    expect(await status()).toBe(401);
    forgetEndpoint(path.slice("/in/".length));
    await operator.delete(`/v1/tenants/${tenant.id}`);
    expect(await status()).toBe(404);
  });

  it("takes no more than its tenant's own limit of a payload", async () => {
    const { tenant, send } = await github();
    await operator.patch(`/v1/tenants/${tenant.id}`, { limits: { maxPayloadBytes: 2_000 } });
    expectProblem(await send(`"${"x".repeat(2_000)}"`), "payload_too_large");
    expect((await send('"x"')).status).toBe(200);
  });

  it("takes nothing that is too large, and says so", async () => {
    const { api, send } = await github();
    expectProblem(await send("x".repeat(5_000_001)), "payload_too_large");
    await vi.waitFor(async () =>
      expect((await api.get("/v1/endpoints/github/rejections")).body.data[0].cause).toBe("payload_too_large"),
    );
  });

  it("takes POST and GET, and names them", async () => {
    const { path } = await github();
    const answer = await request(path, { method: "PUT", body: "{}" });
    expectProblem(answer, "method_not_allowed");
    expect(answer.headers.get("Allow")).toBe("POST, GET");
  });

  it("tells its tenant when the handler refuses what comes", async () => {
    const { api, send } = await github({ type: "greet" });
    expectProblem(await send("{}"), "invalid_request");
    await vi.waitFor(async () =>
      expect((await api.get("/v1/endpoints/github/rejections")).body.data).toMatchObject([
        { cause: "invalid_request", detail: expect.stringContaining("name") },
      ]),
    );
  });

  it("answers a challenge, and makes no job of it", async () => {
    const tenant = await createTenant();
    const secret = "8f742231b10e8888abcd99yyyzzz85a5";
    const { body: made } = await apiOf(tenant).put("/v1/endpoints/slack", { provider: "slack", secret, type: "echo" });
    const body = JSON.stringify({ type: "url_verification", challenge: "3eZbrw1a" });
    const timestamp = String(Math.floor(Date.now() / 1_000));
    const signature = (await sign(secret, `v0:${timestamp}:${body}`)).replace("sha256=", "v0=");
    const headers = { "X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature };
    const answer = await request(new URL(made.url).pathname, { method: "POST", body, headers });
    expect([answer.status, answer.body]).toEqual([200, "3eZbrw1a"]);
    expect(await countJobs(tenant)).toBe(0);
  });
});

describe("a secret that is rotated", () => {
  it("is valid beside the new one until its overlap is over", async () => {
    const { api, send } = await github();
    const rotated = await api.post("/v1/endpoints/github/rotate", { secret: "new secret", overlap: "1h" });
    const until = Date.parse(rotated.body.previousSecretUntil);
    expect(until - Date.now()).toBeGreaterThan(3_500_000);
    expect((await send("{}", {}, SECRET)).status).toBe(200);
    expect((await send("{}", {}, "new secret")).status).toBe(200);
    await env.DB.prepare("UPDATE endpoints SET previous_until = 1 WHERE id = ?1").bind(rotated.body.id).run();
    await api.put("/v1/endpoints/github", { provider: "github", type: "echo" });
    expectProblem(await send("{}", {}, SECRET), "webhook_rejected");
    expect((await send("{}", {}, "new secret")).status).toBe(200);
  });

  it("ends at once without an overlap, and the same request again changes nothing", async () => {
    const { api, send } = await github();
    const rotate = () => api.post("/v1/endpoints/github/rotate", { secret: "new secret", overlap: 0 });
    const first = await rotate();
    expect(first.body.previousSecretUntil).toBeNull();
    expect((await rotate()).body).toEqual(first.body);
    expectProblem(await send("{}", {}, SECRET), "webhook_rejected");
  });
});

describe("deliveries of Standard Webhooks", () => {
  it("are taken as svix signs them, once by their id", async () => {
    const tenant = await createTenant();
    const config = { provider: "svix", secret: SVIX_SECRET, type: "echo" };
    const { body: made } = await apiOf(tenant).put("/v1/endpoints/svix", config);
    const at = new Date();
    const body = JSON.stringify({ type: "invoice.paid", data: { id: 1 } });
    const headers = {
      "svix-id": "msg_1",
      "svix-timestamp": String(Math.floor(at.getTime() / 1_000)),
      "svix-signature": new Webhook(SVIX_SECRET).sign("msg_1", at, body),
    };
    const post = () => request(new URL(made.url).pathname, { method: "POST", body, headers });
    const { body: first } = await post();
    expect((await post()).body).toEqual({ id: first.id, duplicate: true });
  });
});
