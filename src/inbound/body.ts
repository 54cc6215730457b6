import { textOf } from "./bytes.ts";

const MOST_PARAMETERS = 1_000;

/** What a form says: a parameter that comes several times is a list. */
export type Form = Readonly<Record<string, string | readonly string[]>>;

/** What a body says: a form by its content type, otherwise JSON if it is that. */
export type ParsedBody =
  | { readonly kind: "json"; readonly value: unknown }
  | { readonly kind: "form"; readonly value: Form }
  | { readonly kind: "other" };

/** Reads a body; what is neither JSON nor a form of at most 1,000 parameters is `other`. */
export function parseBody(headers: Headers, body: Uint8Array): ParsedBody {
  const text = textOf(body)?.replace(/^\uFEFF/, "");
  if (text === undefined) return { kind: "other" };
  const type = headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type === "application/x-www-form-urlencoded") {
    const form = parseForm(text);
    return form === null ? { kind: "other" } : { kind: "form", value: form };
  }
  try {
    return { kind: "json", value: JSON.parse(text) };
  } catch {
    return { kind: "other" };
  }
}

function parseForm(text: string): Form | null {
  const pairs = text.split("&", MOST_PARAMETERS + 1).filter((pair) => pair !== "");
  if (pairs.length > MOST_PARAMETERS) return null;
  const form = new Map<string, string | string[]>();
  for (const pair of pairs) {
    const [, name = "", value = ""] = /^([^=]*)=?(.*)$/s.exec(pair) ?? [];
    const [key, decoded] = [decode(name), decode(value)];
    if (key === null || decoded === null) return null;
    const before = form.get(key);
    form.set(key, before === undefined ? decoded : [before, decoded].flat());
  }
  return Object.fromEntries(form);
}

/** Percent-decoded, or null when that is no UTF-8: nothing is replaced, so that what was signed is what is read. */
function decode(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return null;
  }
}

/** A form's parameters as Twilio signs them: by name, each name and value once, with nothing between. */
export function sortedParameters(form: Form): string {
  return Object.keys(form)
    .toSorted()
    .flatMap((name) => [...new Set([form[name] ?? ""].flat())].toSorted().map((value) => name + value))
    .join("");
}
