import { html } from "hono/html";

/** A part of a page, with everything in it escaped. */
export type Markup = ReturnType<typeof html>;

/** A whole page, which loads nothing but its style sheet. @param contents stands beside it where there is room */
export function page(baseUrl: string, title: string, content: Markup, contents?: Markup): Markup {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title} · Sluice</title>
<link rel="stylesheet" href="${baseUrl}/docs/style.css">
</head>
<body${contents === undefined ? "" : html` class="aside"`}>
<header><a href="${baseUrl}/docs">API</a> · <a href="${baseUrl}/problems">Problems</a> · <a href="${baseUrl}/openapi.json">OpenAPI</a> · <a href="${baseUrl}/dashboard">Dashboard</a></header>
${contents ?? ""}
<main>
<h1>${title}</h1>
${content}
</main>
</body>
</html>`;
}

/** Text in which \`what stands like this\` is code. */
export function prose(text: string): Markup {
  const parts = text.split("`");
  return html`${parts.map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part))}`;
}

/** A value as JSON. */
export function json(value: unknown): Markup {
  return html`<pre><code>${JSON.stringify(value, null, 2)}</code></pre>`;
}
