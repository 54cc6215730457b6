import { type Context, Hono } from "hono";
import { files, page, pageTag } from "../../dashboard/built.ts";
import type { SluiceEnv } from "../../env.ts";
import { SluiceError } from "../../protocol/sluice-error.ts";
import { methodNotAllowed } from "../method-not-allowed.ts";

interface DashboardEnv {
  Bindings: SluiceEnv;
  Variables: { baseUrl: string };
}

/** Nothing but its own files runs, and nothing but this API is called: what a job carries stays text. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' blob: data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS = {
  "Content-Security-Policy": CONTENT_SECURITY_POLICY,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
};

/** The web page. It holds no data: what it shows it asks the API for, with the key of who looks at it. */
export const dashboardRoutes = new Hono<DashboardEnv>()
  .get("/assets/:name", (c) => {
    const path = `assets/${c.req.param("name")}`;
    const file = Object.hasOwn(files, path) ? files[path] : undefined;
    if (file === undefined) throw new SluiceError("not_found", "The dashboard has no such file");
    // The name changes with the content.
    const caching = { "Cache-Control": "public, max-age=31536000, immutable", ETag: `"${c.req.param("name")}"` };
    return c.body(file.content, 200, { ...HEADERS, ...caching, "Content-Type": file.type });
  })
  // Which page of it is shown is the browser's business.
  .get("/*", (c) => {
    const caching = { "Cache-Control": "no-cache", ETag: `"${pageTag}"` };
    if (c.req.header("if-none-match")?.includes(caching.ETag)) return c.body(null, 304, { ...HEADERS, ...caching });
    return c.html(pageBelow(c), 200, { ...HEADERS, ...caching });
  })
  .all("/*", methodNotAllowed("GET"));

// A page may be at any depth, its files are at one place.
function pageBelow(c: Context<DashboardEnv>): string {
  const { pathname } = new URL(`${c.get("baseUrl")}/dashboard/`);
  return page.replaceAll('="./', `="${pathname}`);
}
