import { html } from "hono/html";
import { PROBLEMS, type ProblemKind } from "../../protocol/problem-codes.ts";
import { type Markup, page, prose } from "./page.ts";

/** What one problem is, and what to do about it. */
export function problemPage(baseUrl: string, code: string, { status, title, advice }: ProblemKind): Markup {
  return page(
    baseUrl,
    title,
    html`<p><code>${code}</code>, HTTP status ${status}</p><p>${prose(advice)}</p>
<p><a href="${baseUrl}/problems">All problems</a></p>`,
  );
}

/** All problems, each with a link to its own page. */
export function problemList(baseUrl: string): Markup {
  const rows = Object.entries(PROBLEMS).map(
    ([code, { status, title, advice }]) =>
      html`<tr><th scope="row"><a href="${baseUrl}/problems/${code}"><code>${code}</code></a></th><td>${status}</td>
<td>${title}. ${prose(advice)}</td></tr>`,
  );
  return page(
    baseUrl,
    "Problems",
    html`<p>Every <code>code</code> that a response may carry. Codes are stable: they are never renamed or given another
meaning.</p>
<table><thead><tr><th scope="col">Code</th><th scope="col">Status</th><th scope="col">What it is, and what to do</th></tr></thead>
<tbody>${rows}</tbody></table>`,
  );
}
