import { toBase64 } from "./base64.ts";

/** The command that gives a deployment its first secret key. */
export const SET_SECRET_KEYS = 'echo "k1:$(openssl rand -base64 32)" | npx wrangler secret put SLUICE_SECRET_KEYS';

/** A new secret key, as `SLUICE_SECRET_KEYS` takes it. */
export function newSecretKeySetting(id: string): string {
  return `${id}:${toBase64(crypto.getRandomValues(new Uint8Array(32)))}`;
}
