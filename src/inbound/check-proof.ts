import { fromBase64 } from "../protocol/base64.ts";
import { fromHex, toHex } from "../protocol/hex.ts";
import { sha256Of } from "../protocol/sha256.ts";
import { sortedParameters } from "./body.ts";
import { areEqual, type Bytes, joined, utf8 } from "./bytes.ts";
import { fromDer } from "./der-signature.ts";
import { isSigned, type Proof, type SignedProof } from "./proof.ts";
import type { Rejection } from "./rejection.ts";
import type { Scheme } from "./scheme.ts";
import { HASHES, openKey, openToken } from "./secret.ts";
import { templateParts } from "./template.ts";
import { RequestReader, type WebhookRequest } from "./webhook-request.ts";

const LONGEST_HEADER = 4_096;
/** Each costs a verification with each secret. */
const MOST_SIGNATURES = 10;

/** A request of which it is proven who has sent it. */
export interface Proven {
  readonly kind: "proven";
  readonly reader: RequestReader;
  /** What was signed; of a proof that signs nothing, the body. */
  readonly content: Bytes;
}

/** Whether a request has the proof that a scheme asks for, by any of the secrets. */
export async function checkProof(
  scheme: Scheme,
  secrets: readonly string[],
  request: WebhookRequest,
): Promise<Proven | Rejection> {
  const { proof } = scheme;
  return isSigned(proof) ? checkSignature(scheme, proof, secrets, request) : checkToken(proof, secrets, request);
}

async function checkToken(
  proof: Exclude<Proof, SignedProof>,
  secrets: readonly string[],
  request: WebhookRequest,
): Promise<Proven | Rejection> {
  const reader = new RequestReader(request, []);
  const text = reader.field(proof.kind === "basic" ? "header:authorization" : proof.field);
  if (text === null || text === "") return rejected("signature_missing");
  const given = text.length <= LONGEST_HEADER ? tokenOf(proof, text) : null;
  if (given === null) return rejected("malformed_signature");
  let isUsable = false;
  for (const secret of secrets) {
    const opened = openToken(proof, secret);
    if (opened.kind !== "opened") continue;
    isUsable = true;
    if (await areEqual(given, opened.key)) return { kind: "proven", reader, content: joined([request.body]) };
  }
  return rejected(isUsable ? "signature_mismatch" : "no_usable_secret");
}

function tokenOf(proof: Exclude<Proof, SignedProof>, text: string): Bytes | null {
  if (proof.kind === "basic") return fromBase64(/^basic +(\S+)$/i.exec(text)?.[1] ?? "!");
  const prefix = proof.prefix ?? "";
  return text.startsWith(prefix) ? utf8(text.slice(prefix.length)) : null;
}

async function checkSignature(
  scheme: Scheme,
  proof: SignedProof,
  secrets: readonly string[],
  request: WebhookRequest,
): Promise<Proven | Rejection> {
  const header = request.headers.get(proof.header);
  if (header === null || header === "") return rejected("signature_missing");
  const pieces = (proof.split === undefined ? [header] : header.split(proof.split)).map((piece) => piece.trim());
  const signatures = header.length <= LONGEST_HEADER ? signaturesOf(proof, pieces) : [];
  if (signatures.length === 0) return rejected("malformed_signature");
  const reader = new RequestReader(request, pieces);
  const content = await signedContent(scheme, proof, reader);
  if (!(content instanceof Uint8Array)) return content;
  let isUsable = false;
  for (const secret of secrets) {
    const opened = await openKey(proof, secret);
    if (opened.kind !== "opened") continue;
    isUsable = true;
    for (const signature of signatures) {
      if (await isSignedBy(proof, opened.key, signature, content)) return { kind: "proven", reader, content };
    }
  }
  return rejected(isUsable ? "signature_mismatch" : "no_usable_secret");
}

function signaturesOf(proof: SignedProof, pieces: readonly string[]): Bytes[] {
  const prefix = proof.prefix ?? "";
  const texts = pieces.filter((piece) => piece.startsWith(prefix)).map((piece) => piece.slice(prefix.length));
  if (texts.length > MOST_SIGNATURES) return [];
  const decode = proof.encoding === "hex" ? fromHex : fromBase64;
  return texts.map(decode).filter((signature) => signature !== null && signature.length > 0) as Bytes[];
}

async function isSignedBy(proof: SignedProof, key: CryptoKey, signature: Bytes, content: Bytes): Promise<boolean> {
  const isDer = proof.kind === "ecdsa" && proof.form === "der";
  const raw = isDer ? fromDer(signature, proof.curve === "P-256" ? 32 : 48) : signature;
  if (raw === null) return false;
  const algorithm = proof.kind === "ecdsa" ? { name: "ECDSA", hash: HASHES[proof.hash] } : key.algorithm.name;
  // workerd throws on an Ed25519 signature of a wrong length.
  return crypto.subtle.verify(algorithm, key, raw, content).catch(() => false);
}

async function signedContent(scheme: Scheme, proof: SignedProof, reader: RequestReader): Promise<Bytes | Rejection> {
  const form = await signedForm(scheme, reader);
  if (typeof form !== "string") return form;
  const timestamp = scheme.timestamp?.field ?? "";
  const parts: Uint8Array[] = [];
  for (const [at, part] of templateParts(proof.content).entries()) {
    if (at % 2 === 0) parts.push(utf8(part));
    else if (part === "body") parts.push(reader.request.body);
    else if (part === "url") parts.push(utf8(reader.request.url));
    else if (part === "form") parts.push(utf8(form));
    else {
      const text = reader.field(part === "timestamp" ? timestamp : part);
      if (text === null) return rejected(part === "timestamp" ? "timestamp_missing" : "signed_field_missing");
      parts.push(utf8(text));
    }
  }
  return joined(parts);
}

/**
 * What the content has for a form. A request whose URL has the body's digest is held to that, whatever its content type
 * says, which nobody has signed; one without must be a form, or have no body.
 */
async function signedForm({ bodyDigest }: Scheme, reader: RequestReader): Promise<string | Rejection> {
  if (bodyDigest === undefined) return "";
  const { body } = reader.request;
  const digest = reader.field(bodyDigest);
  if (digest !== null) {
    const isSame = await areEqual(utf8(digest), utf8(toHex(await sha256Of(body))));
    return isSame ? "" : rejected("body_digest_mismatch");
  }
  if (body.length === 0) return "";
  return reader.body.kind === "form" ? sortedParameters(reader.body.value) : rejected("body_digest_missing");
}

function rejected(cause: Rejection["cause"]): Rejection {
  return { kind: "rejected", cause };
}
