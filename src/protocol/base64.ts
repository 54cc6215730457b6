// As many arguments as every engine takes.
const CHUNK = 8_192;

/** Bytes in base64 (RFC 4648 §4), padded. */
export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return btoa(binary);
}

/** The bytes of a base64 text, or null when it is not exactly what {@link toBase64} makes of them. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  let decoded: string;
  try {
    decoded = atob(text);
  } catch {
    return null;
  }
  const bytes = Uint8Array.from(decoded, (character) => character.charCodeAt(0));
  // White space, missing padding and bits that stand for nothing would give one value several texts.
  return toBase64(bytes) === text ? bytes : null;
}

/** Bytes in base64url (RFC 4648 §5), without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The bytes of a base64url text, or null when it is not exactly what {@link toBase64Url} makes of them. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[\w-]*$/.test(text)) return null;
  const padding = "=".repeat((4 - (text.length % 4)) % 4);
  return fromBase64(text.replaceAll("-", "+").replaceAll("_", "/") + padding);
}
