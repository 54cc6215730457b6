import { toHex } from "./hex.ts";

/** The SHA-256 of a text's UTF-8, in lower-case hex. */
export async function sha256(text: string): Promise<string> {
  return toHex(await sha256Of(new TextEncoder().encode(text)));
}

/** The SHA-256 of bytes. */
export async function sha256Of(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(bytes)));
}
