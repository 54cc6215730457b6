import { html } from "hono/html";
import { json, type Markup, page, prose } from "../pages/page.ts";
import { curl } from "./curl.ts";
import { fieldItem, fieldList, fieldsWithin, type Schema, typeOf } from "./fields.ts";

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
  readonly headers?: Readonly<Record<string, unknown>>;
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
  const of = (tag: string) => all.filter(({ operation }) => operation.tags.includes(tag));
  const sections = tags.map(
    ({ name, description }) => html`<section><h2 id="${anchor(name)}">${name}</h2><p>${prose(description)}</p>
${of(name).map(({ path, method, operation }) => operationPart(baseUrl, method, path, operation))}</section>`,
  );
  const contents = tags.map(
    ({ name }) =>
      html`<li><a href="#${anchor(name)}">${name}</a><ul>${of(name).map(
        ({ operation }) => html`<li><a href="#${operation.operationId}">${operation.summary}</a></li>`,
      )}</ul></li>`,
  );
  return page(
    baseUrl,
    "API",
    html`<p>${prose(info.description)} Version ${info.version}, at <code>${baseUrl}</code>.</p>
${sections}
<section><h2 id="schemas">Schemas</h2>${Object.entries(components.schemas).map(([name, schema]) => schemaPart(name, schema))}</section>`,
    html`<nav aria-label="Contents"><ul>${contents}<li><a href="#schemas">Schemas</a></li></ul></nav>`,
  );
}

function schemaPart(name: string, schema: Schema): Markup {
  const fields = fieldsWithin(schema);
  return html`<h3 id="schema-${name}">${name}</h3>
${schema.description === undefined ? "" : html`<p>${prose(schema.description)}</p>`}
${schema.properties === undefined ? html`<p>${typeOf(schema)}</p>` : ""}${fields}`;
}

function operationPart(baseUrl: string, method: string, path: string, operation: DescribedOperation): Markup {
  const { operationId, summary, description, security, parameters = [], responses } = operation;
  return html`<article>
<h3 id="${operationId}"><a href="#${operationId}">${summary}</a></h3>
<p class="path"><code><span class="method ${method}">${method.toUpperCase()}</span> ${path}</code> <span class="faint">${callerOf(security)}</span></p>
${description === undefined ? "" : html`<p>${prose(description)}</p>`}
<pre class="copy"><code>${curl(baseUrl, method, path, operation)}</code></pre>
${parameters.length === 0 ? "" : html`<h4>Parameters</h4>${fieldList(parameters.map(parameterItem))}`}
${bodyPart(operation)}
<h4>Responses</h4>${fieldList(Object.entries(responses).map(([status, response]) => responseItem(baseUrl, status, response)))}
</article>`;
}

function bodyPart({ requestBody }: DescribedOperation): Markup | string {
  const [type, body] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  if (body === undefined) return "";
  const optional = requestBody?.required === true ? "" : ", optional";
  return html`<h4>Body</h4><p>${typeOf(body.schema)} <span class="faint">${type}${optional}</span></p>
<details><summary>Examples</summary>${examplesOf(body).map(json)}</details>`;
}

function callerOf(security: DescribedOperation["security"] = []): string {
  return security.length === 0 ? "no key" : security.map(tokenOf).join(", or ");
}

function tokenOf(scheme: Readonly<Record<string, readonly string[]>>): string {
  if ("operatorToken" in scheme) return "the operator's token";
  if ("readToken" in scheme) return "the job's read token";
  return `a key with the scope ${scheme["apiKey"]?.join(", ")}`;
}

function parameterItem({ name, in: place, required = false, description, schema }: Parameter): Markup {
  const shown = place === "path" ? `{${name}}` : place === "query" ? `?${name}` : name;
  return fieldItem(shown, schema, required, description);
}

function responseItem(
  baseUrl: string,
  status: string,
  response: DescribedResponse | { readonly $ref: string },
): Markup {
  return html`<li class="answer"><strong>${status}</strong><div>${"$ref" in response ? problemLinks(baseUrl, response) : answerPart(response)}</div></li>`;
}

// What is only named is a set of problems, by its codes.
function problemLinks(baseUrl: string, { $ref }: { readonly $ref: string }): Markup {
  const codes = $ref.slice($ref.lastIndexOf("/") + 1).split(".");
  return html`${codes.map((code) => html`<a href="${baseUrl}/problems/${code}"><code>${code}</code></a> `)}`;
}

function answerPart({ description, headers = {}, content = {} }: DescribedResponse): Markup {
  const [[type, media] = []] = Object.entries(content);
  const shape = media === undefined ? "" : html` ${typeOf(media.schema)} <span class="faint">${type}</span>`;
  // Every response has that one.
  const names = Object.keys(headers).filter((name) => name !== "Request-Id");
  const carried = names.length === 0 ? "" : html`<p class="faint">Headers: ${names.join(", ")}</p>`;
  const shown = examplesOf(media).map(json);
  const example = shown.length === 0 ? "" : html`<details><summary>Example</summary>${shown}</details>`;
  return html`<p>${prose(description)}${shape}</p>${carried}${example}`;
}

function examplesOf({ example, examples = {} }: Partial<Media> = {}): unknown[] {
  const named = Object.values(examples).map(({ value }) => value);
  return example === undefined ? named : [example, ...named];
}

function anchor(name: string): string {
  return name.toLowerCase().replaceAll(" ", "-");
}
