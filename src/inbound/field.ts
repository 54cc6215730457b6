/** Where a text of a request is: `header:x-name`, `query:name`, `body:/json/pointer`, `part:name`. */
export type Field =
  | { readonly from: "header" | "query" | "part"; readonly name: string }
  | { readonly from: "body"; readonly pointer: readonly string[] };

const LONGEST_FIELD = 200;
const FIELD = /^(header|query|body|part):(.*)$/s;
// RFC 9110 §5.6.2; a part's name and a parameter's are held to the same.
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const POINTER = /^(?:\/(?:[^~/{}]|~[01])*)+$/;

/** The field that a text names, or null when it names none. */
export function parseField(text: string): Field | null {
  const [, from, rest = ""] = FIELD.exec(text.slice(0, LONGEST_FIELD + 1)) ?? [];
  if (text.length > LONGEST_FIELD) return null;
  if (from === "body") return POINTER.test(rest) ? { from, pointer: parsePointer(rest) } : null;
  if (!NAME.test(rest)) return null;
  if (from === "header") return { from, name: rest.toLowerCase() };
  return from === "query" || from === "part" ? { from, name: rest } : null;
}

/** The keys of a JSON pointer (RFC 6901 §4). */
export function parsePointer(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Whether a text is a JSON pointer to something within a document. */
export function isPointer(text: string): boolean {
  return text.length <= LONGEST_FIELD && POINTER.test(text);
}

/** What a pointer names in a value; undefined when there is nothing. */
export function valueAt(value: unknown, pointer: readonly string[]): unknown {
  let here = value;
  for (const key of pointer) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, key)) return undefined;
    // An array has a `length` of its own, which is no element.
    if (Array.isArray(here) && !/^\d+$/.test(key)) return undefined;
    here = (here as Record<string, unknown>)[key];
  }
  return here;
}
