import { type Context, Hono } from "hono";
import { accepts } from "hono/accepts";
import { etag } from "hono/etag";
import { findProblem, PROBLEMS } from "../../protocol/problem-codes.ts";
import { SluiceError } from "../../protocol/sluice-error.ts";
import { methodNotAllowed } from "../method-not-allowed.ts";
import type { Markup } from "../pages/page.ts";
import { problemList, problemPage } from "../pages/problem-pages.ts";
import { type DescribedApi, referencePage } from "../pages/reference.ts";
import { STYLE } from "../pages/style.ts";

interface ReferenceEnv {
  Variables: { baseUrl: string };
}

/** It changes with a deployment only; with its tag, asking again costs next to nothing. */
const KEPT = { "Cache-Control": "public, max-age=300" };
const LOADS_ITS_STYLE =
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** What tells people and programs about the API. */
export const referenceRoutes = new Hono<ReferenceEnv>()
  .get("/openapi.json", etag(), async (c) => {
    const document = { ...(await readDocument()), servers: [{ url: c.get("baseUrl") }] };
    return c.json(document, 200, KEPT);
  })
  .all("/openapi.json", methodNotAllowed("GET"))
  .get("/docs", etag(), async (c) => asPage(c, referencePage(c.get("baseUrl"), await readDocument())))
  .all("/docs", methodNotAllowed("GET"))
  .get("/docs/style.css", etag(), (c) => c.body(STYLE, 200, { ...KEPT, "Content-Type": "text/css; charset=utf-8" }))
  .all("/docs/style.css", methodNotAllowed("GET"))
  .get("/problems", async (c) => (wantsPage(c) ? asPage(c, problemList(c.get("baseUrl"))) : c.text(problemLines())))
  .all("/problems", methodNotAllowed("GET"))
  .get("/problems/:code", async (c) => {
    const { code } = c.req.param();
    const problem = findProblem(code);
    if (problem === null) throw new SluiceError("not_found", "There is no such problem");
    if (wantsPage(c)) return asPage(c, problemPage(c.get("baseUrl"), code, problem));
    return c.text(`${code} (${problem.status})\n\n${problem.title}. ${problem.advice}\n`);
  })
  .all("/problems/:code", methodNotAllowed("GET"));

// Not with the module: an isolate that is never asked for it does not read it.
async function readDocument(): Promise<DescribedApi> {
  const { default: document } = await import("../openapi.json");
  return document;
}

/** Whether HTML is what the caller would like best, as browsers do. */
function wantsPage(c: Context): boolean {
  c.header("Vary", "Accept");
  const [text, page] = ["text/plain", "text/html"];
  return accepts(c, { header: "Accept", supports: [text, page], default: text }) === page;
}

async function asPage(c: Context, markup: Markup): Promise<Response> {
  const headers = { ...KEPT, "Content-Security-Policy": LOADS_ITS_STYLE };
  return c.html(await markup, 200, headers);
}

function problemLines(): string {
  const lines = Object.entries(PROBLEMS).map(([code, { status, title }]) => `${code} (${status}): ${title}\n`);
  return lines.join("");
}
