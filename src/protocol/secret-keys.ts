import { z } from "zod";
import { fromBase64 } from "./base64.ts";
import { SET_SECRET_KEYS } from "./secret-keys-setting.ts";
import { SluiceError } from "./sluice-error.ts";

const KEY_BYTES = 32;
const MOST_KEYS = 10;
// Free of the dots that separate the parts of sealed secrets and tokens.
const KEY_ID = /^[A-Za-z0-9_-]{1,32}$/;

/** One of a deployment's secret keys. */
export interface SecretKey {
  readonly id: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The secret keys of a deployment: the first seals and signs, all open and verify. */
export type SecretKeys = readonly [SecretKey, ...SecretKey[]];

/** What a derived key is for, and what it can do. Keys of two purposes have nothing in common that could be seen. */
const PURPOSES = {
  seal: { algorithm: { name: "AES-GCM", length: 256 }, usages: ["encrypt", "decrypt"] },
  "read-token": { algorithm: { name: "HMAC", hash: "SHA-256", length: 256 }, usages: ["sign", "verify"] },
} as const;

/** `keyId:base64`, once or several times, separated by commas; null when there is none. No error shows a value. */
export const secretKeysSchema = z.string().transform((text, context): SecretKeys | null => {
  const entries = text.split(",").map((entry) => entry.trim());
  if (entries.join("") === "") return null;
  const keys: SecretKey[] = [];
  for (const [index, entry] of entries.entries()) {
    const key = parseKey(entry, keys);
    if (typeof key === "string") context.addIssue({ code: "custom", message: `key ${index + 1}: ${key}` });
    else keys.push(key);
    if (index === MOST_KEYS) context.addIssue({ code: "custom", message: `more than ${MOST_KEYS} keys` });
    if (context.issues.length > 0) return z.NEVER;
  }
  return keys as unknown as SecretKeys;
});

/** A key, or what is wrong with it. */
function parseKey(entry: string, others: readonly SecretKey[]): SecretKey | string {
  const at = entry.indexOf(":");
  if (at === -1) return "expected an id, a colon, and what `openssl rand -base64 32` makes";
  const id = entry.slice(0, at);
  const bytes = fromBase64(entry.slice(at + 1));
  if (!KEY_ID.test(id)) return "its id must be 1 to 32 letters, digits, - or _";
  if (others.some((other) => other.id === id)) return "its id is that of another key";
  if (bytes === null) return "what follows the colon is not base64";
  if (bytes.length !== KEY_BYTES) return `it has ${bytes.length} bytes, not ${KEY_BYTES}`;
  return { id, bytes };
}

/**
 * A deployment's secret keys, for what cannot do without them.
 * @param purpose what they are needed for, to be told
 * @throws SluiceError `not_configured` when there are none
 */
export function requireSecretKeys(keys: SecretKeys | null, purpose: string): SecretKeys {
  if (keys !== null) return keys;
  throw new SluiceError("not_configured", `${purpose} needs SLUICE_SECRET_KEYS, which is not set: ${SET_SECRET_KEYS}`);
}

/** The key of this id, if it is one of them. */
export function findSecretKey(keys: SecretKeys, id: string): SecretKey | undefined {
  return keys.find((key) => key.id === id);
}

/** The key for one purpose (HKDF with SHA-256, RFC 5869; without a salt, since the key is random already: §3.1). */
export async function deriveKey({ bytes }: SecretKey, purpose: keyof typeof PURPOSES): Promise<CryptoKey> {
  const { algorithm, usages } = PURPOSES[purpose];
  const base = await crypto.subtle.importKey("raw", bytes, "HKDF", false, ["deriveKey"]);
  const info = new TextEncoder().encode(`sluice ${purpose} v1`);
  const hkdf = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info };
  return crypto.subtle.deriveKey(hkdf, base, algorithm, false, [...usages]);
}
