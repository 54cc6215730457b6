import { describe, expect, it } from "vitest";
import { SOMEWHERE, servedAt } from "../../src/api/pages/somewhere.ts";
import { PROBLEMS } from "../../src/protocol/problem-codes.ts";
import { request } from "../support/api.ts";

const AS_BROWSERS_DO = { Accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" };

describe("GET /openapi.json", () => {
  it("is the document, for where it is served", async () => {
    const { status, headers, body } = await request("/openapi.json");
    expect([status, headers.get("content-type")]).toEqual([200, "application/json"]);
    expect(body).toMatchObject({ openapi: "3.1.0", servers: [{ url: "https://sluice.test" }] });
    expect(Object.keys(body.paths)).toContain("/v1/jobs/{id}");
  });

  it("has no other address in it, and one that ends no string of HTML, JSON or a shell", async () => {
    expect(JSON.stringify((await request("/openapi.json")).body)).not.toContain(SOMEWHERE);
    expect((await request("/docs")).body).not.toContain(SOMEWHERE);
    expect(servedAt("https://sluice.test/o'neil&co", `curl '${SOMEWHERE}/v1/jobs'`)).toBe(
      "curl 'https://sluice.test/o%27neil%26co/v1/jobs'",
    );
  });

  it("is not sent again to who has it", async () => {
    const { headers } = await request("/openapi.json");
    expect(headers.get("Cache-Control")).toBe("public, max-age=300");
    const again = await request("/openapi.json", { headers: { "If-None-Match": headers.get("ETag") ?? "" } });
    expect([again.status, again.body]).toEqual([304, ""]);
  });
});

describe("GET /docs", () => {
  it("loads nothing but its own style sheet, and may not", async () => {
    const { status, headers, body } = await request("/docs");
    expect([status, headers.get("content-type")]).toEqual([200, "text/html; charset=UTF-8"]);
    expect(headers.get("Content-Security-Policy")).toBe(
      "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    const loaded = Array.from(body.matchAll(/<(?:link|script|img|iframe)[^>]*>/g), ([tag]) => tag);
    expect(loaded).toEqual(['<link rel="stylesheet" href="https://sluice.test/docs/style.css">']);
    expect(body).not.toMatch(/style="|\son\w+="/);
    const style = await request("/docs/style.css");
    expect([style.status, style.headers.get("content-type")]).toEqual([200, "text/css; charset=utf-8"]);
  });

  it("may load it still when the page has not changed", async () => {
    const { headers } = await request("/docs");
    const again = await request("/docs", { headers: { "If-None-Match": headers.get("ETag") ?? "" } });
    expect(again.status).toBe(304);
    expect(again.headers.get("Content-Security-Policy")).toBe(headers.get("Content-Security-Policy"));
  });

  it("has every operation, with a command that calls it", async () => {
    const { body: page } = await request("/docs");
    const { body: document } = await request("/openapi.json");
    for (const operation of Object.values<object>(document.paths).flatMap((methods) => Object.values(methods))) {
      expect(page).toContain(`<h3 id="${operation.operationId}">`);
    }
    expect(page).toContain(
      `curl -X DELETE &#39;https://sluice.test/v1/schedules/nightly&#39; -H &quot;Authorization: Bearer $KEY&quot;`,
    );
    expect(page).toContain(
      "curl -X DELETE &#39;https://sluice.test/v1/tenants/acme&#39; -H &quot;Authorization: Bearer $TOKEN",
    );
  });

  it("has a place for every link within it", async () => {
    const { body } = await request("/docs");
    const places = new Set(Array.from(body.matchAll(/ id="([^"]+)"/g), ([, id]) => id));
    const links = Array.from<RegExpExecArray, string | undefined>(body.matchAll(/href="#([^"]+)"/g), ([, id]) => id);
    expect(links.length).toBeGreaterThan(100);
    expect(links.filter((id) => !places.has(id))).toEqual([]);
    expect(places.size).toBe(Array.from(body.matchAll(/ id="/g)).length);
  });
});

describe("GET /problems", () => {
  it("lists every problem, to people and to programs", async () => {
    const text = await request("/problems");
    const page = await request("/problems", { headers: AS_BROWSERS_DO });
    expect(text.headers.get("content-type")).toMatch(/^text\/plain/);
    expect(page.headers.get("content-type")).toMatch(/^text\/html/);
    for (const code of Object.keys(PROBLEMS)) {
      expect(text.body).toContain(`${code} (`);
      expect(page.body).toContain(`href="https://sluice.test/problems/${code}"`);
    }
  });
});

describe("GET /problems/:code", () => {
  it.each(Object.entries(PROBLEMS))("says of %s what to do", async (code, { status, title, advice }) => {
    const { body: problem } = await request(`/problems/${code}`);
    expect(problem).toBe(`${code} (${status})\n\n${title}. ${advice}\n`);
    const page = await request(`/problems/${code}`, { headers: AS_BROWSERS_DO });
    expect([page.status, page.headers.get("Vary")]).toEqual([200, "Accept"]);
    expect(page.headers.get("Content-Security-Policy")).toContain("style-src 'self'");
    expect(page.body).toContain(`<title>${title} · Sluice</title>`);
  });

  it("is 404 for what is none", async () => {
    const { status, body } = await request("/problems/nope", { headers: AS_BROWSERS_DO });
    expect([status, body.code]).toEqual([404, "not_found"]);
  });
});
