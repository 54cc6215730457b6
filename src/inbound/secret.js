import { fromBase64 } from "../protocol/base64.ts";
import { fromHex, toHex } from "../protocol/hex.ts";
import { utf8 } from "./bytes.ts";
import { isSigned } from "./proof.ts";

const LONGEST_SECRET = 4096;
const ED25519_BYTES = 32;
const LEAST_RSA_BITS = 2048;
export const HASHES = { sha1: "SHA-1", sha256: "SHA-256", sha384: "SHA-384", sha512: "SHA-512" };
/** What is wrong with a secret of this scheme, or null: told when it is configured. It never has the secret in it. */
export async function secretProblem(scheme, secret) {
  const { proof } = scheme;
  const opened = isSigned(proof) ? await openKey(proof, secret) : openToken(proof, secret);
  return opened.kind === "opened" ? null : opened.problem;
}
/** The secret of a proof that signs nothing. */
export function openToken(proof, secret) {
  const problem = textProblem(secret);
  if (problem !== null) return unusable(problem);
  if (proof.kind === "basic" && !/^[^:]+:./s.test(secret)) return unusable('must be "user:password"');
  return { kind: "opened", key: utf8(secret) };
}
/** The key of a proof that signs. */
export async function openKey(proof, secret) {
  const problem = textProblem(secret);
  if (problem !== null) return unusable(problem);
  const { encoding, prefix = "" } = proof.secret;
  if (!secret.startsWith(prefix)) return unusable(`must begin with "${prefix}"`);
  const bytes = encoding === "text" ? utf8(secret) : decoded(encoding, secret.slice(prefix.length));
  if (bytes === null || bytes.length === 0) {
    return unusable(`must be ${NAMES[encoding]}${prefix && ` after "${prefix}"`}`);
  }
  try {
    const key = await imported(proof, bytes);
    if (encoding === "spki" && !(await isItsExport(key, bytes))) return unusable(KEY_NAMES[proof.kind]);
    const { modulusLength = LEAST_RSA_BITS } = key.algorithm;
    const isWeak = modulusLength < LEAST_RSA_BITS;
    return isWeak ? unusable(`must be an RSA key of at least ${LEAST_RSA_BITS} bits`) : { kind: "opened", key };
  } catch {
    // The runtime's message may show the key.
    return unusable(KEY_NAMES[proof.kind]);
  }
}
const NAMES = {
  text: "text",
  hex: "hex, in one case throughout",
  base64: "base64 with its padding",
  spki: 'a public key: PEM ("-----BEGIN PUBLIC KEY-----"), or the base64 of its DER',
};
const KEY_NAMES = {
  hmac: "is no HMAC key",
  ed25519: `must be an Ed25519 public key of ${ED25519_BYTES} bytes`,
  ecdsa: "must be an ECDSA public key of the scheme's curve",
  rsa: "must be an RSA public key",
};
function unusable(problem) {
  return { kind: "unusable", problem };
}
function textProblem(secret) {
  if (secret === "") return "must not be empty";
  if (secret.length > LONGEST_SECRET) return `must have at most ${LONGEST_SECRET} characters`;
  if (!secret.isWellFormed()) return "must be text";
  // Pasted along: it would never match, and nobody would see why. PEM ends in a line break.
  const isPem = secret.startsWith("-----BEGIN ");
  return secret.trim() === secret || isPem ? null : "must not begin or end with white space";
}
function decoded(encoding, text) {
  if (encoding === "hex") return fromHex(text);
  const pem = /^-----BEGIN PUBLIC KEY-----([\s\S]*)-----END PUBLIC KEY-----\s*$/.exec(text)?.[1];
  return fromBase64(encoding === "spki" && pem !== undefined ? pem.replaceAll(/\s/g, "") : text);
}
/** Whether these bytes are the one DER form of the key: OpenSSL takes others too, and by that some damaged keys. */
async function isItsExport(key, bytes) {
  const exported = async (format) => toHex(new Uint8Array(await crypto.subtle.exportKey(format, key)));
  const given = toHex(bytes);
  if ((await exported("spki")) !== given) return false;
  // A point that is not the plain one (RFC 5480 §2.2) is exported as it came.
  return key.algorithm.name !== "ECDSA" || given.endsWith(await exported("raw"));
}
function imported(proof, bytes) {
  const { subtle } = crypto;
  switch (proof.kind) {
    case "hmac":
      return subtle.importKey("raw", bytes, { name: "HMAC", hash: HASHES[proof.hash] }, false, ["verify"]);
    case "ed25519": {
      const format = proof.secret.encoding === "spki" ? "spki" : "raw";
      return subtle.importKey(format, bytes, { name: "Ed25519" }, true, ["verify"]);
    }
    case "ecdsa":
      return subtle.importKey("spki", bytes, { name: "ECDSA", namedCurve: proof.curve }, true, ["verify"]);
    case "rsa": {
      const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: HASHES[proof.hash] };
      return subtle.importKey("spki", bytes, algorithm, true, ["verify"]);
    }
  }
}
