import { createHash, randomBytes } from "node:crypto";

const API_KEY = /^slk_[A-Za-z0-9_-]{16,128}$/;

/** A new API key: 192 random bits, and the tenant's id for those who find it somewhere. */
export function newApiKey(tenantId: string): string {
  return `slk_${tenantId}_${randomBytes(24).toString("base64url")}`;
}

/** What the database keeps of a key: its SHA-256, in hex. */
export function hashApiKey(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

/** Whether this may be a key at all: what cannot be one is not sent. */
export function isApiKey(text: string): boolean {
  return API_KEY.test(text);
}
