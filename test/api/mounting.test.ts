import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import type { SluiceEnv } from "../../src/env.ts";
import { createSluice } from "../../src/sluice.ts";
import { handlers } from "../support/handlers.ts";
import { createTenant } from "../support/tenants.ts";

type Fetch = (request: Request, env: SluiceEnv, ctx: ExecutionContext) => Response | Promise<Response>;

const atRoot = createSluice({ handlers });
const belowQueue = createSluice({ handlers, basePath: "/queue" });

const team = new Hono<{ Bindings: SluiceEnv }>()
  .get("/", (c) => c.text("the team's own page"))
  .route("/", belowQueue.app)
  .route("/jobs/:region", atRoot.app)
  .notFound((c) => c.text("the team's own 404", 404));

async function send(fetch: Fetch, path: string, init: RequestInit = {}): Promise<Response> {
  const context = createExecutionContext();
  const response = await fetch(new Request(`https://team.test${path}`, init), env, context);
  await waitOnExecutionContext(context);
  return response;
}

describe.each<[string, Fetch, string]>([
  ["served below a path", belowQueue.fetch, "/queue"],
  ["mounted in a team's app below its own path", team.fetch, "/queue"],
  ["mounted by a team's app below a path of the team's", team.fetch, "/jobs/eu"],
])("the API %s", (_, fetch, base) => {
  it("takes and answers jobs, and its links lead back to it", async () => {
    const { key } = await createTenant();
    const headers = { Authorization: `Bearer ${key}`, "content-type": "application/json" };
    const body = JSON.stringify({ type: "greet", payload: { name: "Ada" } });
    const posted = await send(fetch, `${base}/v1/jobs?wait=10`, { method: "POST", headers, body });
    expect(posted.status).toBe(200);
    expect(await posted.json()).toMatchObject({ state: "succeeded", result: "hello Ada" });
    const location = posted.headers.get("Location") ?? "";
    expect(location).toMatch(new RegExp(`^https://team.test${base}/v1/jobs/[0-9a-f-]+$`));
    const read = await send(fetch, new URL(location).pathname, { headers });
    expect(read.status).toBe(200);
  });

  it("describes itself as it is reached from outside", async () => {
    const document = await send(fetch, `${base}/openapi.json`);
    expect(await document.json()).toMatchObject({ servers: [{ url: `https://team.test${base}` }] });
    const page = await send(fetch, `${base}/docs`);
    const [, style = ""] = /href="([^"]+\.css)"/.exec(await page.text()) ?? [];
    expect((await send(fetch, new URL(style).pathname)).status).toBe(200);
  });

  it("answers problems whose type is there to be read", async () => {
    const refused = await send(fetch, `${base}/v1/jobs`);
    const problem = await refused.json<{ type: string; code: string }>();
    expect([refused.status, problem.code]).toEqual([401, "unauthorized"]);
    expect(refused.headers.get("content-type")).toBe("application/problem+json");
    expect(problem.type).toBe(`https://team.test${base}/problems/unauthorized`);
    const page = await send(fetch, new URL(problem.type).pathname);
    expect(page.status).toBe(200);
  });
});

describe("a team's app", () => {
  it("keeps its own routes and its own 404", async () => {
    expect(await (await send(team.fetch, "/")).text()).toBe("the team's own page");
    const missing = await send(team.fetch, "/nowhere");
    expect([missing.status, await missing.text()]).toEqual([404, "the team's own 404"]);
  });
});
