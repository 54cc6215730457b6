/** SQLite's JSON goes no deeper than 1,000. */
const DEEPEST = 500;

/**
 * What about a value would not be the same once it has been JSON, with its place as a JSON pointer; null when all of it
 * would. A property that is `undefined` reads the same where it is missing, and so does `undefined` as a whole.
 */
export function jsonFault(value: unknown): string | null {
  return value === undefined ? null : fault(value, "", 0);
}

function fault(value: unknown, path: string, depth: number): string | null {
  if (value === null || typeof value === "string" || typeof value === "boolean") return null;
  if (typeof value === "number") return Number.isFinite(value) ? null : at(path, `is ${value}`);
  if (typeof value !== "object") return at(path, `is ${value === undefined ? "undefined" : `a ${typeof value}`}`);
  if (depth === DEEPEST) return at("", `refers to itself, or is more than ${DEEPEST} levels deep`);
  if (Array.isArray(value)) return first(Array.from(value).entries(), path, depth);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return at(path, `is a ${nameOf(prototype)}`);
  return first(
    Object.entries(value).filter(([, property]) => property !== undefined),
    path,
    depth,
  );
}

function first(entries: Iterable<[string | number, unknown]>, path: string, depth: number): string | null {
  for (const [key, value] of entries) {
    const found = fault(value, `${path}/${key}`, depth + 1);
    if (found !== null) return found;
  }
  return null;
}

function at(path: string, what: string): string {
  return `${path === "" ? "it" : path.slice(0, 200)} ${what}`;
}

function nameOf(prototype: unknown): string {
  const { constructor } = prototype as { constructor?: { name?: string } };
  return constructor?.name || "class instance";
}
