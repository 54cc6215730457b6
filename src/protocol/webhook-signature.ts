import type { SignatureHeaders } from "../domain/handler.ts";

const PREFIX = "whsec_";
/** Bytes of a new secret; the specification asks for 24 to 64. */
const SECRET_BYTES = 32;

/** A new signing secret: `whsec_` and random bytes in base64. */
export function newSigningSecret(): string {
  return PREFIX + base64(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));
}

/**
 * Signs a body as the Standard Webhooks specification says: HMAC-SHA256 over id, timestamp and body, once with each
 * secret, so that a receiver may verify with any of them.
 * @param secrets each `whsec_` and base64
 * @param at milliseconds since the epoch
 */
export async function signWebhook(
  secrets: readonly string[],
  id: string,
  at: number,
  body: string,
): Promise<SignatureHeaders> {
  const timestamp = String(Math.floor(at / 1_000));
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  const signatures = await Promise.all(secrets.map((secret) => hmac(secret, signed)));
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures.join(" ") };
}

async function hmac(secret: string, signed: Uint8Array): Promise<string> {
  const bytes = new Uint8Array(decoded(secret));
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return `v1,${base64(new Uint8Array(await crypto.subtle.sign("HMAC", key, signed)))}`;
}

function decoded(secret: string): number[] {
  return Array.from(atob(secret.slice(PREFIX.length)), (character) => character.charCodeAt(0));
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
