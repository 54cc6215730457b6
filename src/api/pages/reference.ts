import { html } from "hono/html";
import { curl } from "./curl.ts";
import { json, type Markup, page, prose } from "./page.ts";
import { fieldRow, type Schema, schemaTable, typeOf } from "./schema.ts";

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

interface Media {
  readonly schema: Schema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value?: unknown }>>;
}

/** An operation of the OpenAPI document, as far as the page shows it. */
export interface DescribedOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, DescribedResponse | { readonly $ref: string }>>;
}

interface DescribedResponse {
  readonly description: string;
  readonly content?: Readonly<Record<string, Media>>;
}

/** The OpenAPI document, as far as the page shows it. */
export interface DescribedApi {
  readonly info: { readonly version: string; readonly description: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** The reference of the API as one page. */
export function referencePage(baseUrl: string, { info, tags, paths, components }: DescribedApi): Markup {
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const sections = tags.map(({ name, description }) => {
    const own = all.filter(({ operation }) => operation.tags.includes(name));
    return html`<section><h2 id="${anchor(name)}">${name}</h2><p>${prose(description)}</p>
${own.map(({ path, method, operation }) => operationPart(baseUrl, method, path, operation))}</section>`;
  });
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) => html`<h3 id="schema-${name}">${name}</h3>
${schema.description === undefined ? "" : html`<p>${prose(schema.description)}</p>`}${schemaTable(name, schema)}`,
  );
  return page(
    baseUrl,
    "API",
    html`<p>${prose(info.description)} Version ${info.version}, at <code>${baseUrl}</code>.</p>
<nav aria-label="Contents"><ul>${tags.map(({ name }) => html`<li><a href="#${anchor(name)}">${name}</a></li>`)}
<li><a href="#schemas">Schemas</a></li></ul></nav>
${sections}
<section><h2 id="schemas">Schemas</h2>${schemas}</section>`,
  );
}

function operationPart(baseUrl: string, method: string, path: string, operation: DescribedOperation): Markup {
  const { operationId, summary, description, security, parameters = [], requestBody, responses } = operation;
  const [type, body] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  const examples = examplesOf(body).map(json);
  return html`<article>
<h3 id="${operationId}"><a href="#${operationId}">${summary}</a></h3>
<p><code><span class="method">${method.toUpperCase()}</span>${path}</code> <span class="faint">${callerOf(security)}</span></p>
${description === undefined ? "" : html`<p>${prose(description)}</p>`}
${parameters.length === 0 ? "" : html`<table><caption>Parameters</caption><tbody>${parameters.map(parameterRow)}</tbody></table>`}
${
  body === undefined
    ? ""
    : html`<h4>Body: ${typeOf(body.schema)}, ${type}${requestBody?.required ? "" : ", optional"}</h4>
<details><summary>Examples</summary>${examples}</details>`
}
<pre class="copy"><code>${curl(baseUrl, method, path, operation)}</code></pre>
<table><caption>Responses</caption><tbody>${Object.entries(responses).map(([status, response]) => responseRow(baseUrl, status, response))}</tbody></table>
</article>`;
}

function callerOf(security: DescribedOperation["security"] = []): string {
  return security.length === 0 ? "no key" : security.map(tokenOf).join(", or ");
}

function tokenOf(scheme: Readonly<Record<string, readonly string[]>>): string {
  if ("operatorToken" in scheme) return "the operator's token";
  if ("readToken" in scheme) return "the job's read token";
  return `a key with the scope ${scheme["apiKey"]?.join(", ")}`;
}

function parameterRow({ name, in: place, required = false, description, schema }: Parameter): Markup {
  return fieldRow(
    place === "path" ? `{${name}}` : place === "query" ? `?${name}` : name,
    schema,
    required,
    description,
  );
}

function responseRow(baseUrl: string, status: string, response: DescribedResponse | { readonly $ref: string }): Markup {
  // What is only named is a set of problems, by its codes.
  if ("$ref" in response) {
    const codes = response.$ref.slice(response.$ref.lastIndexOf("/") + 1).split(".");
    const links = codes.map((code) => html`<a href="${baseUrl}/problems/${code}"><code>${code}</code></a> `);
    return html`<tr><th scope="row">${status}</th><td>${links}</td></tr>`;
  }
  const [media] = Object.values(response.content ?? {});
  const shape = media === undefined ? "" : html` ${typeOf(media.schema)}`;
  const shown = examplesOf(media).map(json);
  const example = shown.length === 0 ? "" : html`<details><summary>Example</summary>${shown}</details>`;
  return html`<tr><th scope="row">${status}</th><td>${prose(response.description)}${shape}${example}</td></tr>`;
}

function examplesOf({ example, examples = {} }: Partial<Media> = {}): unknown[] {
  const named = Object.values(examples).map(({ value }) => value);
  return example === undefined ? named : [example, ...named];
}

function anchor(name: string): string {
  return name.toLowerCase().replaceAll(" ", "-");
}
