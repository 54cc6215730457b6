import { createHash } from "node:crypto";

/** What the database keeps of a key: its SHA-256, in hex. */
export function hashApiKey(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
