import { isJobId } from "../domain/id.ts";

/** Where a list goes on, bound to the filters it was made with. Opaque to callers. */
export function encodeCursor(beforeId: string, filters: string): string {
  const bytes = new TextEncoder().encode(JSON.stringify([beforeId, filters]));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** The id before which the list goes on, or null when the cursor is not one of this list. */
export function decodeCursor(cursor: string, filters: string): string | null {
  try {
    const binary = atob(cursor.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    const decoded: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (!Array.isArray(decoded)) return null;
    const [beforeId, madeWith]: unknown[] = decoded;
    return typeof beforeId === "string" && isJobId(beforeId) && madeWith === filters ? beforeId : null;
  } catch {
    return null;
  }
}
