import { parseField } from "./field.ts";
import { isSigned, type Proof } from "./proof.ts";

const MOST_HEADERS = 50;
const LONGEST_VALUE = 1_024;
const MOST_CHARACTERS = 8_192;

// Credentials, and what is said by the connection or a proxy instead of by the sender.
const DROPPED = new Set([
  "accept-encoding",
  "authorization",
  "cdn-loop",
  "connection",
  "content-length",
  "cookie",
  "expect",
  "forwarded",
  "host",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "set-cookie",
  "te",
  "trailer",
  "transfer-encoding",
  "true-client-ip",
  "upgrade",
  "via",
  "x-api-key",
  "x-auth-token",
  "x-client-ip",
  "x-gitlab-token",
  "x-goog-channel-token",
  "x-real-ip",
]);
const DROPPED_PREFIXES = ["cf-", "x-forwarded-"];
/** Whoever reads a job could send it again with its signature. */
const SIGNATURE = /(?:^|-)(?:signature|hmac|secret)(?:-|$)/;

/**
 * The headers of a delivery that go into its job, by their names in lower case: without credentials, signatures and what
 * proxies add. At most 50, with values of at most 1,024 characters, and 8,192 characters together; those past it, by
 * name, are left out.
 */
export function payloadHeaders(proof: Proof, headers: Headers): Record<string, string> {
  const kept: [string, string][] = [];
  let characters = 0;
  for (const [name, value] of headers) {
    if (isDropped(proof, name) || value.length > LONGEST_VALUE) continue;
    characters += name.length + value.length;
    if (kept.length === MOST_HEADERS || characters > MOST_CHARACTERS) break;
    kept.push([name, value]);
  }
  return Object.fromEntries(kept);
}

function isDropped(proof: Proof, name: string): boolean {
  const isKnown = DROPPED.has(name) || SIGNATURE.test(name);
  return isKnown || DROPPED_PREFIXES.some((prefix) => name.startsWith(prefix)) || name === proofHeader(proof);
}

/** Where this scheme's signature or token is, when that is a header. */
function proofHeader(proof: Proof): string | null {
  if (isSigned(proof)) return proof.header;
  const field = proof.kind === "token" ? parseField(proof.field) : null;
  return field?.from === "header" ? field.name : null;
}
