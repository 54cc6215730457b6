import { type Context, Hono } from "hono";
import { accepts } from "hono/accepts";
import { etag, RETAINED_304_HEADERS } from "hono/etag";
import { findProblem, PROBLEMS } from "../../protocol/problem-codes.ts";
import { SluiceError } from "../../protocol/sluice-error.ts";
import { methodNotAllowed } from "../method-not-allowed.ts";
import type { Markup } from "../pages/page.ts";
import { problemList, problemPage } from "../pages/problem-pages.ts";
import { servedAt } from "../pages/somewhere.ts";
import { STYLE } from "../pages/style.ts";

interface ReferenceEnv {
  Variables: { baseUrl: string };
}

/** It changes with a deployment only; with its tag, asking again costs next to nothing. */
const KEPT = { "Cache-Control": "public, max-age=300" };
const LOADS_ITS_STYLE =
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** A browser goes by the policy of the answer that says that nothing has changed. */
const tagged = () => etag({ retainedHeaders: [...RETAINED_304_HEADERS, "content-security-policy"] });

/** What tells people and programs about the API. */
export const referenceRoutes = new Hono<ReferenceEnv>()
  .get("/openapi.json", tagged(), async (c) => {
    const { openApiJson } = await built();
    const headers = { ...KEPT, "Content-Type": "application/json" };
    return c.body(servedAt(c.get("baseUrl"), openApiJson), 200, headers);
  })
  .all("/openapi.json", methodNotAllowed("GET"))
  .get("/docs", tagged(), async (c) => asPage(c, servedAt(c.get("baseUrl"), (await built()).referenceHtml)))
  .all("/docs", methodNotAllowed("GET"))
  .get("/docs/style.css", tagged(), (c) => c.body(STYLE, 200, { ...KEPT, "Content-Type": "text/css; charset=utf-8" }))
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
function built(): Promise<typeof import("../pages/built.ts")> {
  return import("../pages/built.ts");
}

/** Whether HTML is what the caller would like best, as browsers do. */
function wantsPage(c: Context): boolean {
  c.header("Vary", "Accept");
  const [text, page] = ["text/plain", "text/html"];
  return accepts(c, { header: "Accept", supports: [text, page], default: text }) === page;
}

async function asPage(c: Context, markup: Markup | string): Promise<Response> {
  const headers = { ...KEPT, "Content-Security-Policy": LOADS_ITS_STYLE };
  return c.html(await markup, 200, headers);
}

function problemLines(): string {
  const lines = Object.entries(PROBLEMS).map(([code, { status, title }]) => `${code} (${status}): ${title}\n`);
  return lines.join("");
}
