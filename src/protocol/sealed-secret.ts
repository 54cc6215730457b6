import { fromBase64Url, toBase64Url } from "./base64.ts";
import { deriveKey, findSecretKey, type SecretKeys } from "./secret-keys.ts";

const PREFIX = "sealed.v1.";
const SEALED = /^sealed\.v1\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;
/** NIST SP 800-38D §8.2.2: random, and one key seals no more than 2^32 secrets. */
const IV_BYTES = 12;

/** Where a sealed secret is stored: it opens nowhere else. */
export interface SealedPlace {
  readonly tenantId: string;
  readonly table: string;
  readonly column: string;
  readonly id: string;
}

export type Opened =
  | { readonly kind: "opened"; readonly text: string }
  /** The deployment no longer has the key it was sealed with. */
  | { readonly kind: "unknown_key"; readonly keyId: string }
  /** It is not what was sealed, or was sealed for another place. */
  | { readonly kind: "damaged" };

/** Whether this is a sealed secret, and not one in clear text. */
export function isSealed(text: string): boolean {
  return text.startsWith(PREFIX);
}

/** Whether this is what {@link seal} would make now: it is sealed, and with the first of the keys. */
export function isSealedWithFirst([key]: SecretKeys, text: string): boolean {
  return text.startsWith(`${PREFIX}${key.id}.`);
}

/** Encrypts a secret for its place with the first of the keys (AES-256-GCM): `sealed.v1.<key id>.<iv and ciphertext>`. */
export async function seal(keys: SecretKeys, place: SealedPlace, text: string): Promise<string> {
  const [key] = keys;
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const sealing = await deriveKey(key, "seal");
  const encrypted = await crypto.subtle.encrypt(cipher(iv, place), sealing, new TextEncoder().encode(text));
  return `${PREFIX}${key.id}.${toBase64Url(new Uint8Array([...iv, ...new Uint8Array(encrypted)]))}`;
}

/** Decrypts what {@link seal} has made, with whichever of the keys it was sealed with. */
export async function open(keys: SecretKeys, place: SealedPlace, sealed: string): Promise<Opened> {
  const [, keyId = "", encoded = ""] = SEALED.exec(sealed) ?? [];
  const bytes = fromBase64Url(encoded);
  if (keyId === "" || bytes === null) return { kind: "damaged" };
  const key = findSecretKey(keys, keyId);
  if (key === undefined) return { kind: "unknown_key", keyId };
  const sealing = await deriveKey(key, "seal");
  try {
    const iv = bytes.slice(0, IV_BYTES);
    const text = await crypto.subtle.decrypt(cipher(iv, place), sealing, bytes.slice(IV_BYTES));
    return { kind: "opened", text: new TextDecoder().decode(text) };
  } catch {
    return { kind: "damaged" };
  }
}

// As JSON, in which no two places are written alike.
function cipher(iv: Uint8Array<ArrayBuffer>, { tenantId, table, column, id }: SealedPlace) {
  const additionalData = new TextEncoder().encode(JSON.stringify([tenantId, table, column, id]));
  return { name: "AES-GCM", iv, additionalData } as const;
}
