import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { createSluice } from "../../src/sluice.ts";
import { request } from "../support/api.ts";
import { handlers } from "../support/handlers.ts";

const script = /<script type="module"[^>]* src="([^"]+)"/;
const style = /<link rel="stylesheet"[^>]* href="([^"]+)"/;

describe("the dashboard", () => {
  it.each(["/dashboard", "/dashboard/", "/dashboard/jobs/01a1fd57", "/dashboard/jobs?state=failed"])(
    "is the same page at %s, without a key",
    async (path) => {
      const { status, headers, body } = await request(path);
      expect(status).toBe(200);
      expect(headers.get("content-type")).toBe("text/html; charset=UTF-8");
      expect(headers.get("cache-control")).toBe("no-cache");
      expect(script.exec(body)?.[1]).toMatch(/^\/dashboard\/assets\/index-[\w-]+\.js$/);
    },
  );

  it("lets in no script, no style and no address but its own", async () => {
    const { headers, body } = await request("/dashboard");
    expect(headers.get("content-security-policy")).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob: data:; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(body).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=/);
  });

  it("has files that are kept for good, since their names change with them", async () => {
    const { body } = await request("/dashboard");
    for (const [path, type] of [
      [script.exec(body)?.[1], "text/javascript; charset=utf-8"],
      [style.exec(body)?.[1], "text/css; charset=utf-8"],
    ]) {
      const file = await request(path ?? "");
      expect([file.status, file.headers.get("content-type")]).toEqual([200, type]);
      expect(file.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
      expect(file.headers.get("x-content-type-options")).toBe("nosniff");
    }
  });

  it("is not sent again to who has it", async () => {
    const etag = (await request("/dashboard")).headers.get("etag") ?? "";
    const again = await request("/dashboard", { headers: { "If-None-Match": `W/${etag}` } });
    expect([again.status, again.body]).toEqual([304, ""]);
  });

  it.each(["/dashboard/assets/index-other.js", "/dashboard/assets/__proto__"])("has no file %s", async (path) => {
    expect(await request(path)).toMatchObject({ status: 404, body: { code: "not_found" } });
  });

  it("takes nothing but GET", async () => {
    const { status, headers } = await request("/dashboard/jobs", { method: "POST" });
    expect([status, headers.get("allow")]).toEqual([405, "GET"]);
  });

  it("finds its files below the path at which Sluice is mounted", async () => {
    const { fetch } = createSluice({ handlers, basePath: "/queue" });
    const send = async (path: string) => {
      const context = createExecutionContext();
      const response = await fetch(new Request(`https://team.test${path}`), env, context);
      await waitOnExecutionContext(context);
      return response;
    };
    const path = script.exec(await (await send("/queue/dashboard/jobs")).text())?.[1] ?? "";
    expect(path).toMatch(/^\/queue\/dashboard\/assets\//);
    expect((await send(path)).status).toBe(200);
  });
});
