import type { SignatureHeaders } from "../domain/handler.ts";
import { fromBase64, fromBase64Url, toBase64, toBase64Url } from "./base64.ts";

const SECRET = "whsec_";
const PRIVATE_KEY = "whsk_";
const PUBLIC_KEY = "whpk_";
/** Bytes of a new secret; the specification asks for 24 to 64. */
const SECRET_BYTES = 32;
/** Bytes of either half of an ed25519 key pair. */
const KEY_BYTES = 32;

/** A new signing secret: `whsec_` and random bytes in base64. */
export function newSigningSecret(): string {
  return SECRET + toBase64(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));
}

/** A new ed25519 key pair: `whsk_`, and in base64 the private key followed by the public one. */
export async function newSigningKey(): Promise<string> {
  const pair = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
  const { d = "", x = "" } = (await crypto.subtle.exportKey("jwk", pair.privateKey)) as JsonWebKey;
  return PRIVATE_KEY + toBase64(new Uint8Array([d, x].flatMap((half) => [...(fromBase64Url(half) ?? [])])));
}

/** What a receiver verifies with: `whpk_` and the public half of a pair that is given as `whsk_…`. */
export function publicKeyOf(signingKey: string): string {
  return PUBLIC_KEY + toBase64(decoded(signingKey).slice(KEY_BYTES));
}

/**
 * Signs a body as the Standard Webhooks specification says, once with each key, so that a receiver may verify with any
 * of them: id, timestamp and body by HMAC-SHA256 (`v1`) or ed25519 (`v1a`).
 * @param keys each `whsec_…` or `whsk_…`
 * @param at milliseconds since the epoch
 */
export async function signWebhook(
  keys: readonly string[],
  id: string,
  at: number,
  body: string,
): Promise<SignatureHeaders> {
  const timestamp = String(Math.floor(at / 1_000));
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  const signatures = await Promise.all(
    keys.map((key) => (key.startsWith(PRIVATE_KEY) ? ed25519(key, signed) : hmac(key, signed))),
  );
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures.join(" ") };
}

async function hmac(secret: string, signed: Uint8Array): Promise<string> {
  const hash = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", decoded(secret), hash, false, ["sign"]);
  return `v1,${toBase64(new Uint8Array(await crypto.subtle.sign("HMAC", key, signed)))}`;
}

async function ed25519(signingKey: string, signed: Uint8Array): Promise<string> {
  const pair = decoded(signingKey);
  const [d, x] = [toBase64Url(pair.slice(0, KEY_BYTES)), toBase64Url(pair.slice(KEY_BYTES))];
  const key = await crypto.subtle.importKey("jwk", { kty: "OKP", crv: "Ed25519", d, x }, "Ed25519", false, ["sign"]);
  return `v1a,${toBase64(new Uint8Array(await crypto.subtle.sign("Ed25519", key, signed)))}`;
}

function decoded(prefixed: string): Uint8Array<ArrayBuffer> {
  const bytes = fromBase64(prefixed.slice(prefixed.indexOf("_") + 1));
  if (bytes === null) throw new TypeError("a signing secret is not base64");
  return bytes;
}
