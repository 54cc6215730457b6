/**
 * Where a value holds something that JSON cannot carry, as a JSON pointer; null when there is nothing of the kind. RPC
 * passes more than JSON does: maps, sets, bytes, streams and functions, which JSON would drop without a word.
 */
export function notJsonAt(value: unknown): string | null {
  const seen = new Set<object>();
  const left: [part: unknown, pointer: string][] = [[value, "#"]];
  // Not recursive: what is answered may be nested very deeply, or contain itself.
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [part, pointer] = next;
    if (isScalar(part)) continue;
    if (!isPlain(part)) return pointer;
    if (seen.has(part)) continue;
    seen.add(part);
    for (const [key, child] of Object.entries(part)) left.push([child, `${pointer}/${key}`]);
  }
  return null;
}

function isScalar(value: unknown): boolean {
  return value == null || ["string", "number", "boolean"].includes(typeof value) || value instanceof Date;
}

function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}
