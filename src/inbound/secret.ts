import { fromBase64 } from "../protocol/base64.ts";
import { fromHex, toHex } from "../protocol/hex.ts";
import { type Bytes, utf8 } from "./bytes.ts";
import { isSigned, type Proof, type SignedProof } from "./proof.ts";
import type { Scheme } from "./scheme.ts";

const LONGEST_SECRET = 4_096;
const ED25519_BYTES = 32;
const LEAST_RSA_BITS = 2_048;

export const HASHES = { sha1: "SHA-1", sha256: "SHA-256", sha384: "SHA-384", sha512: "SHA-512" } as const;

/** A secret as it is verified with, or what is wrong with it. */
type Opened<Key> =
  | { readonly kind: "opened"; readonly key: Key }
  | { readonly kind: "unusable"; readonly problem: string };

/** What is wrong with a secret of this scheme, or null: told when it is configured. It never has the secret in it. */
export async function secretProblem(scheme: Scheme, secret: string): Promise<string | null> {
  const { proof } = scheme;
  const opened = isSigned(proof) ? await openKey(proof, secret) : openToken(proof, secret);
  return opened.kind === "opened" ? null : opened.problem;
}

/** The secret of a proof that signs nothing. */
export function openToken(proof: Proof, secret: string): Opened<Bytes> {
  const problem = textProblem(secret);
  if (problem !== null) return unusable(problem);
  if (proof.kind === "basic" && !/^[^:]+:./s.test(secret)) return unusable('must be "user:password"');
  return { kind: "opened", key: utf8(secret) };
}

/** The key of a proof that signs. */
export async function openKey(proof: SignedProof, secret: string): Promise<Opened<CryptoKey>> {
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
    const { modulusLength = LEAST_RSA_BITS } = key.algorithm as { modulusLength?: number };
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
} as const;

const KEY_NAMES = {
  hmac: "is no HMAC key",
  ed25519: `must be an Ed25519 public key of ${ED25519_BYTES} bytes`,
  ecdsa: "must be an ECDSA public key of the scheme's curve",
  rsa: "must be an RSA public key",
} as const;

function unusable(problem: string): { kind: "unusable"; problem: string } {
  return { kind: "unusable", problem };
}

function textProblem(secret: string): string | null {
  if (secret === "") return "must not be empty";
  if (secret.length > LONGEST_SECRET) return `must have at most ${LONGEST_SECRET} characters`;
  if (!secret.isWellFormed()) return "must be text";
  // Pasted along: it would never match, and nobody would see why. PEM ends in a line break.
  const isPem = secret.startsWith("-----BEGIN ");
  return secret.trim() === secret || isPem ? null : "must not begin or end with white space";
}

function decoded(encoding: "hex" | "base64" | "spki", text: string): Bytes | null {
  if (encoding === "hex") return fromHex(text);
  const pem = /^-----BEGIN PUBLIC KEY-----([\s\S]*)-----END PUBLIC KEY-----\s*$/.exec(text)?.[1];
  return fromBase64(encoding === "spki" && pem !== undefined ? pem.replaceAll(/\s/g, "") : text);
}

/** Whether these bytes are the one DER form of the key: OpenSSL takes others too, and by that some damaged keys. */
async function isItsExport(key: CryptoKey, bytes: Bytes): Promise<boolean> {
  const exported = async (format: "spki" | "raw") =>
    toHex(new Uint8Array((await crypto.subtle.exportKey(format, key)) as ArrayBuffer));
  const given = toHex(bytes);
  if ((await exported("spki")) !== given) return false;
  // A point that is not the plain one (RFC 5480 §2.2) is exported as it came.
  return key.algorithm.name !== "ECDSA" || given.endsWith(await exported("raw"));
}

function imported(proof: SignedProof, bytes: Bytes): Promise<CryptoKey> {
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
