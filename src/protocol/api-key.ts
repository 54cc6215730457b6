import { isTenantId } from "../domain/tenant-id.ts";

const API_KEY = /^slk_[A-Za-z0-9_-]{16,128}$/;
const RANDOM_BYTES = 24;

/** A new API key: 192 random bits, and the tenant's id for those who find it somewhere. */
export function newApiKey(tenantId: string): string {
  const random = String.fromCharCode(...crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)));
  const secret = btoa(random).replaceAll("+", "-").replaceAll("/", "_");
  return isTenantId(tenantId) ? `slk_${tenantId}_${secret}` : `slk_${secret}`;
}

/** Whether this may be a key at all. */
export function isApiKey(text: string): boolean {
  return API_KEY.test(text);
}

/** The tenant that a key says it is of; null when it says none. */
export function tenantOf(key: string): string | null {
  const id = /^slk_([^_]+)_/.exec(key)?.[1];
  return id !== undefined && isTenantId(id) ? id : null;
}

/** What of a key may be shown and kept: its end, by which people know it again. */
export function keyHint(key: string): string {
  return key.slice(-4);
}
