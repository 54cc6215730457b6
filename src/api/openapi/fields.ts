import { html } from "hono/html";
import { type Markup, prose } from "../pages/page.ts";

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
  readonly minItems?: number;
  readonly maxItems?: number;
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
  const { $ref, items, type, additionalProperties: values } = schema;
  if ($ref !== undefined) {
    const name = $ref.slice($ref.lastIndexOf("/") + 1);
    return html`<a href="#schema-${name}">${name}</a>`;
  }
  if (schema.allOf !== undefined) return joined(schema.allOf.map(typeOf), " and ");
  const forms = formsOf(schema);
  if (forms.length > 0) return joined([...forms.filter(isPlain).map(typeOf), ...namedObjects(forms)], " or ");
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`;
  if (schema.enum !== undefined) {
    const values = schema.enum.map((one) => html`<code>${JSON.stringify(one)}</code>`);
    return joined(values, ", ");
  }
  if (items !== undefined) return html`list of ${typeOf(items)}${counted(schema.minItems, schema.maxItems, "item")}`;
  if (type === "object" && typeof values === "object") return html`object, each value ${typeOf(values)}`;
  const ends = counted(schema.minimum, schema.maximum) + counted(schema.minLength, schema.maxLength, "character");
  return html`${schema.format ?? [type ?? "anything"].flat().join(" or ")}${ends}`;
}

/** A list of fields or parameters. */
export function fieldList(fields: readonly Markup[]): Markup {
  return html`<ul class="fields">${fields}</ul>`;
}

/** What is known of a field or parameter, with all that is within it and has no name of its own. */
export function fieldItem(name: string, schema: Schema, required: boolean, description = schema.description): Markup {
  const about = description === undefined ? "" : html`<p>${prose(description)}</p>`;
  const standard =
    schema.default === undefined ? "" : html`, by default <code>${JSON.stringify(schema.default)}</code>`;
  return html`<li><p><code class="name">${name}</code> ${typeOf(schema)}${standard}${
    required ? html` <span class="faint">required</span>` : ""
  }</p>${about}${fieldsWithin(schema)}</li>`;
}

/** The fields of an object, of what a list has, or of each object that a value may be. */
export function fieldsWithin(schema: Schema): Markup | string {
  const { properties, required = [], items } = schema;
  if (items !== undefined) return fieldsWithin(items);
  if (properties !== undefined) {
    const own = Object.entries(properties);
    return fieldList(own.map(([field, value]) => fieldItem(field, value, required.includes(field))));
  }
  const objects = formsOf(schema).filter((form) => !isPlain(form));
  if (objects.length < 2) return objects.length === 0 ? "" : html`${objects.map(fieldsWithin)}`;
  return html`${objects.map((form, index) => html`<p class="faint">Form ${index + 1}</p>${fieldsWithin(form)}`)}`;
}

function formsOf({ anyOf, oneOf }: Schema): readonly Schema[] {
  return anyOf ?? oneOf ?? [];
}

function isPlain({ properties }: Schema): boolean {
  return properties === undefined;
}

// Those without a name follow, with their fields.
function namedObjects(forms: readonly Schema[]): Markup[] {
  const objects = forms.filter((form) => !isPlain(form)).length;
  if (objects === 0) return [];
  return [objects === 1 ? html`object` : html`object in one of ${objects} forms`];
}

function counted(least: number | undefined, most: number | undefined, noun = ""): string {
  if (least === undefined && most === undefined) return "";
  const unit = noun === "" ? "" : ` ${noun}${(most ?? least) === 1 ? "" : "s"}`;
  if (least === undefined) return `, at most ${shown(most)}${unit}`;
  return `, ${most === undefined ? `at least ${shown(least)}` : `${shown(least)} to ${shown(most)}`}${unit}`;
}

function shown(bound: number | undefined): string {
  return (bound ?? 0).toLocaleString("en");
}

function joined(parts: readonly Markup[], separator: string): Markup {
  return html`${parts.flatMap((part, index) => (index === 0 ? [part] : [separator, part]))}`;
}
