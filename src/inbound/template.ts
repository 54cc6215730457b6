import { parseField } from "./field.ts";

const LONGEST_TEMPLATE = 300;
const PLACEHOLDER = /\{([^{}]*)\}/;

/** Text with placeholders: at odd places of the list what stands in braces, at even ones what stands between. */
export function templateParts(template: string): string[] {
  return template.split(PLACEHOLDER);
}

/** What a template has in braces. */
export function placeholders(template: string): string[] {
  return templateParts(template).filter((_, at) => at % 2 === 1);
}

/**
 * What is wrong with a template, or null.
 * @param words what may stand in braces besides a field, such as `body`
 */
export function templateProblem(template: string, words: readonly string[]): string | null {
  if (template.length > LONGEST_TEMPLATE) return `must have at most ${LONGEST_TEMPLATE} characters`;
  const literals = templateParts(template).filter((_, at) => at % 2 === 0);
  if (literals.some((text) => /[{}]/.test(text))) return "has a brace that stands around no placeholder";
  const unknown = placeholders(template).find((name) => !words.includes(name) && parseField(name) === null);
  if (unknown === undefined) return null;
  const known = [...words, "header:name", "query:name", "body:/json/pointer", "part:name"];
  return `does not know {${unknown}}: write one of ${known.map((name) => `{${name}}`).join(", ")}`;
}

/** The template's text, or null when something that it names is not there. */
export function render(template: string, read: (placeholder: string) => string | null): string | null {
  let text = "";
  for (const [at, part] of templateParts(template).entries()) {
    const value = at % 2 === 0 ? part : read(part);
    if (value === null) return null;
    text += value;
  }
  return text;
}
