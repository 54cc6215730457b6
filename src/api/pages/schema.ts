import { html } from "hono/html";
import { type Markup, prose } from "./page.ts";

/** A JSON schema, as far as a page shows it. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly description?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly example?: string | number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly required?: readonly string[];
}

/** What a value may be, in one line; what has a name is a link to its schema. */
export function typeOf(schema: Schema): Markup {
  const { $ref, anyOf, oneOf, allOf, items, type } = schema;
  if ($ref !== undefined) {
    const name = $ref.slice($ref.lastIndexOf("/") + 1);
    return html`<a href="#schema-${name}">${name}</a>`;
  }
  const parts = anyOf ?? oneOf ?? allOf;
  if (parts !== undefined) return html`${joined(parts.map(typeOf), allOf === undefined ? " or " : " and ")}`;
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`;
  if (schema.enum !== undefined) {
    return html`${joined(
      schema.enum.map((one) => html`<code>${JSON.stringify(one)}</code>`),
      ", ",
    )}`;
  }
  if (items !== undefined) return html`list of ${typeOf(items)}`;
  return html`${schema.format ?? [type ?? "anything"].flat().join(" or ")}${range(schema)}`;
}

/** The fields of an object, or what else a value may be. */
export function schemaTable(name: string, schema: Schema): Markup {
  const { properties, required = [], oneOf, anyOf } = schema;
  if (properties === undefined) {
    const forms = (oneOf ?? anyOf)?.filter((form) => form.properties !== undefined) ?? [];
    return html`<p>${typeOf(forms.length > 0 ? { type: "one of these" } : schema)}</p>
${forms.map((form) => schemaTable(name, form))}`;
  }
  const rows = Object.entries(properties).map(([field, value]) => fieldRow(field, value, required.includes(field)));
  return html`<table><caption>Fields of ${name}</caption><tbody>${rows}</tbody></table>`;
}

/** A row of a table of fields or parameters. */
export function fieldRow(name: string, schema: Schema, required: boolean, description = schema.description): Markup {
  const inner = schema.properties ?? schema.items?.properties;
  const notes = [
    required ? "required" : "",
    schema.default === undefined ? "" : `default ${JSON.stringify(schema.default)}`,
  ];
  const about = description === undefined ? "" : html`<p>${prose(description)}</p>`;
  return html`<tr><th scope="row"><code>${name}</code></th>
<td>${typeOf(schema)}<p class="faint">${notes.filter((note) => note !== "").join(", ")}</p></td>
<td>${about}${inner === undefined ? "" : schemaTable(name, schema.items ?? schema)}</td></tr>`;
}

function range({ minimum, maximum, minLength, maxLength }: Schema): string {
  const [least, most] = [minimum ?? minLength, maximum ?? maxLength];
  const unit = minLength === undefined && maxLength === undefined ? "" : " characters";
  if (least === undefined) return most === undefined ? "" : `, at most ${most}${unit}`;
  return most === undefined ? `, at least ${least}${unit}` : `, ${least} to ${most}${unit}`;
}

function joined(parts: readonly Markup[], separator: string): (Markup | string)[] {
  return parts.flatMap((part, index) => (index === 0 ? [part] : [separator, part]));
}
