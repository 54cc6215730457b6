import { isJobId } from "../domain/id";

/** Where a list goes on, bound to the filters it was made with. Opaque to callers. */
export function encodeCursor(beforeId: string, filters: string): string {
  return btoa(JSON.stringify([beforeId, filters]))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** The id before which the list goes on, or null when the cursor is not one of this list. */
export function decodeCursor(cursor: string, filters: string): string | null {
  try {
    const decoded: unknown = JSON.parse(atob(cursor.replaceAll("-", "+").replaceAll("_", "/")));
    if (!Array.isArray(decoded)) return null;
    const [beforeId, madeWith]: unknown[] = decoded;
    return typeof beforeId === "string" && isJobId(beforeId) && madeWith === filters ? beforeId : null;
  } catch {
    return null;
  }
}
