import { textOf } from "./bytes.ts";

const MOST_PARAMETERS = 1000;
/** Reads a body; what is neither JSON nor a form of at most 1,000 parameters is `other`. */
export function parseBody(headers, body) {
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
function parseForm(text) {
  const pairs = text.split("&", MOST_PARAMETERS + 1).filter((pair) => pair !== "");
  if (pairs.length > MOST_PARAMETERS) return null;
  const form = new Map();
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
function decode(text) {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return null;
  }
}
/** A form's parameters as Twilio signs them: by name, each name and value once, with nothing between. */
export function sortedParameters(form) {
  return Object.keys(form)
    .toSorted()
    .flatMap((name) => [...new Set([form[name] ?? ""].flat())].toSorted().map((value) => name + value))
    .join("");
}
