import { fromBase64Url, toBase64Url } from "./base64.ts";
import { deriveKey, findSecretKey, type SecretKeys } from "./secret-keys.ts";

/** How long a token lasts, in milliseconds. */
export const READ_TOKEN_MS = 900_000;

const PREFIX = "slr_";
const TOKEN = /^slr_([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;
/** Characters; one that is issued has about 220. */
const LONGEST = 1_024;

/** What the bearer of a token may read: one job, until the time is up (milliseconds since the epoch). */
export interface ReadGrant {
  readonly tenantId: string;
  readonly jobId: string;
  readonly expiresAt: number;
}

export type Verified =
  | ({ readonly kind: "valid" } & ReadGrant)
  /** It was issued here, and its time is up. */
  | { readonly kind: "expired" }
  /** It was not issued here, or has been changed, or its key has been taken out of service. */
  | { readonly kind: "invalid" };

/**
 * A token that an end user's browser may read one job with: `slr_<key id>.<grant>.<HMAC-SHA-256>`, the latter two in
 * base64url. Whoever has it can read the grant.
 */
export async function issueReadToken(keys: SecretKeys, grant: ReadGrant): Promise<string> {
  const [key] = keys;
  const { tenantId, jobId, expiresAt } = grant;
  const payload = new TextEncoder().encode(JSON.stringify([tenantId, jobId, expiresAt]));
  const signed = `${PREFIX}${key.id}.${toBase64Url(payload)}`;
  const signing = await deriveKey(key, "read-token");
  const signature = await crypto.subtle.sign("HMAC", signing, new TextEncoder().encode(signed));
  return `${signed}.${toBase64Url(new Uint8Array(signature))}`;
}

/** What a token grants at this time, in milliseconds since the epoch. Never throws, whatever it is given. */
export async function verifyReadToken(keys: SecretKeys, token: string, now: number): Promise<Verified> {
  const [, keyId = "", payload = "", signature = ""] = (token.length <= LONGEST && TOKEN.exec(token)) || [];
  const key = findSecretKey(keys, keyId);
  const bytes = fromBase64Url(signature);
  if (key === undefined || bytes === null) return { kind: "invalid" };
  const signing = await deriveKey(key, "read-token");
  const signed = new TextEncoder().encode(token.slice(0, token.lastIndexOf(".")));
  // Compares in constant time.
  if (!(await crypto.subtle.verify("HMAC", signing, bytes, signed))) return { kind: "invalid" };
  // It was signed here: it is what `issueReadToken` has written.
  const [tenantId, jobId, expiresAt] = JSON.parse(new TextDecoder().decode(fromBase64Url(payload) ?? undefined)) as [
    string,
    string,
    number,
  ];
  return expiresAt > now ? { kind: "valid", tenantId, jobId, expiresAt } : { kind: "expired" };
}
