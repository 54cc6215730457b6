import { z } from "zod";
import { parseField } from "./field.ts";
import { templateProblem } from "./template.ts";

const LONGEST_PREFIX = 32;
const CONTENT_WORDS = ["body", "url", "form", "timestamp"];

const headerSchema = z
  .string()
  .max(128)
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "is not a header's name")
  .toLowerCase();

const prefixSchema = z.string().min(1).max(LONGEST_PREFIX);

/** Text with placeholders. */
export function templateSchema(words: readonly string[] = []) {
  return z
    .string()
    .min(1)
    .superRefine((template, issues) => {
      const message = templateProblem(template, words);
      if (message !== null) issues.addIssue({ code: "custom", message });
    });
}

/** A field that comes from one of these places. */
export function fieldSchema(places: readonly string[]) {
  return z.string().refine((text) => places.includes(parseField(text)?.from ?? ""), {
    error: `must be ${places.map((place) => (place === "body" ? "body:/json/pointer" : `${place}:name`)).join(" or ")}`,
  });
}

/** How a secret is written; what `prefix` says is how it must begin, and is part of the key only of `text`. */
function secretSchema<const Encoding extends string>(encodings: readonly [Encoding, ...Encoding[]]) {
  return z.strictObject({ encoding: z.enum(encodings).default(encodings[0]), prefix: prefixSchema.optional() });
}

function signature<const Encoding extends string>(encodings: readonly [Encoding, ...Encoding[]]) {
  const secret = secretSchema(encodings);
  return {
    header: headerSchema,
    split: z
      .enum([",", ";", " "])
      .optional()
      .describe("What stands between the pieces of the header. Without it the whole header is one piece."),
    prefix: prefixSchema.optional().describe("How a piece begins that is a signature. Every piece without it."),
    encoding: z.enum(["hex", "base64"]),
    content: templateSchema(CONTENT_WORDS).describe("What is signed."),
    secret: secret.default(secret.parse({})),
  };
}

const PUBLIC_KEY = ["spki"] as const;

/** How a request proves who has sent it. */
export const proofSchema = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({
      kind: z.literal("hmac"),
      hash: z.enum(["sha1", "sha256", "sha512"]),
      ...signature(["text", "base64", "hex"]),
    }),
    /** RFC 8032. */
    z.strictObject({ kind: z.literal("ed25519"), ...signature(["spki", "hex", "base64"]) }),
    z.strictObject({
      kind: z.literal("ecdsa"),
      curve: z.enum(["P-256", "P-384"]),
      hash: z.enum(["sha256", "sha384"]),
      form: z
        .enum(["der", "raw"])
        .describe("`der` is what OpenSSL makes, `raw` what WebCrypto and JWS do: r and s, one after the other."),
      ...signature(PUBLIC_KEY),
    }),
    /** RSASSA-PKCS1-v1_5 (RFC 8017 §8.2). */
    z.strictObject({ kind: z.literal("rsa"), hash: z.enum(["sha256", "sha512"]), ...signature(PUBLIC_KEY) }),
    /** The secret itself. */
    z.strictObject({
      kind: z.literal("token"),
      field: fieldSchema(["header", "query"]),
      prefix: prefixSchema.optional().describe("What stands before it, such as `Bearer `."),
    }),
    /** RFC 7617; the secret is `user:password`. */
    z.strictObject({ kind: z.literal("basic") }),
  ],
  { error: 'must have as kind "hmac", "ed25519", "ecdsa", "rsa", "token" or "basic"' },
);

export type Proof = z.output<typeof proofSchema>;

/** A proof that signs what is sent. */
export type SignedProof = Extract<Proof, { content: string }>;

/** Whether a proof signs what is sent, instead of only naming the sender. */
export function isSigned(proof: Proof): proof is SignedProof {
  return "content" in proof;
}
