import { z } from "zod";
import { durationMs } from "../domain/duration.ts";
import { durationSchema } from "../protocol/duration-schema.ts";
import { isPointer } from "./field.ts";
import { fieldSchema, isSigned, type Proof, proofSchema, templateSchema } from "./proof.ts";
import { placeholders } from "./template.ts";

const MOST_ALTERNATIVES = 5;
const MOST_CONDITIONS = 5;
const LONGEST_REPLY = 1_000;
const LONGEST_TOLERANCE_HOURS = 24;

/** Templates of which the first counts whose fields are all there. */
function alternativesSchema(words: readonly string[] = []) {
  return z.array(templateSchema(words)).max(MOST_ALTERNATIVES).default([]);
}

const scalarSchema = z.union([z.string().max(200), z.number(), z.boolean(), z.null()]);

const challengeSchema = z.strictObject({
  when: z
    .record(z.string(), scalarSchema)
    .describe("What the body holds, by JSON pointer; null: nothing is there.")
    .superRefine((when, issues) => {
      const complain = (message: string, ...path: string[]) => issues.addIssue({ code: "custom", message, path });
      const pointers = Object.keys(when);
      if (pointers.length > MOST_CONDITIONS) complain(`must be at most ${MOST_CONDITIONS} conditions`);
      if (pointers.every((pointer) => when[pointer] === null)) complain("must ask for something that is there");
      for (const pointer of pointers.slice(0, MOST_CONDITIONS)) {
        if (!isPointer(pointer)) complain('must be a JSON pointer, as "/type"', pointer);
      }
    }),
  reply: z
    .strictObject({
      status: z.int().min(200).max(299).default(200),
      text: templateSchema().optional().describe("Sent as `text/plain`."),
      json: z
        .json()
        .register(z.globalRegistry, { id: "Json" })
        .refine((json) => JSON.stringify(json).length <= LONGEST_REPLY, `must be at most ${LONGEST_REPLY} characters`)
        .optional()
        .describe("Sent as `application/json`."),
    })
    .refine((reply) => reply.text === undefined || reply.json === undefined, "must be text or json, not both")
    .refine(({ status, text, json }) => ![204, 205].includes(status) || (text ?? json) === undefined, {
      error: "cannot have a body with this status",
      path: ["status"],
    }),
});

const timestampSchema = z.strictObject({
  field: fieldSchema(["header", "part", "body"]),
  unit: z
    .enum(["s", "ms", "rfc3339"])
    .describe("Since the epoch in seconds or milliseconds, or as RFC 3339 writes it."),
  tolerance: durationSchema({
    leastMs: 10_000,
    mostMs: LONGEST_TOLERANCE_HOURS * 3_600_000,
    message: `must be 10 seconds to ${LONGEST_TOLERANCE_HOURS} hours`,
  })
    .default("5m")
    .describe("How far it may be from now, before or after.")
    .transform(durationMs),
});

export const schemeSchema = z
  .strictObject({
    proof: proofSchema,
    timestamp: timestampSchema.optional(),
    bodyDigest: fieldSchema(["query"])
      .optional()
      .describe("A query parameter with the SHA-256 of the body in hex, for a provider that signs the URL with it."),
    deliveryId: alternativesSchema(["bodySha256"]).describe(
      "`{bodySha256}` is for bodies of which no two are the same.",
    ),
    event: alternativesSchema(),
    challenges: z
      .array(challengeSchema)
      .max(MOST_ALTERNATIVES)
      .default([])
      .describe("Requests that are answered at once, and are no deliveries."),
  })
  .superRefine((scheme, issues) => {
    for (const { path, message } of contradictions(scheme)) issues.addIssue({ code: "custom", message, path });
  })
  .meta({ id: "WebhookScheme", description: "How the webhooks of a provider are verified and read, as data." });

export type Scheme = z.output<typeof schemeSchema>;
export type SchemeInput = z.input<typeof schemeSchema>;
export type Challenge = z.output<typeof challengeSchema>;

interface Contradiction {
  readonly path: string[];
  readonly message: string;
}

type Parts = Pick<Scheme, "proof" | "deliveryId" | "event" | "timestamp" | "bodyDigest">;

function contradictions(scheme: Parts): Contradiction[] {
  const { proof, timestamp, bodyDigest } = scheme;
  if (isSigned(proof)) return [...unsignedParts(proof.content, scheme), ...partsWithoutSplit(proof, scheme)];
  const path = timestamp ? "timestamp" : bodyDigest ? "bodyDigest" : undefined;
  const unsigned =
    path === undefined ? [] : [{ path: [path], message: "means nothing: this kind of proof signs nothing" }];
  return [...unsigned, ...partsWithoutSplit(proof, scheme)];
}

/** What a receiver would trust though anybody could have changed it. */
function unsignedParts(content: string, { timestamp, bodyDigest }: Parts): Contradiction[] {
  const signed = placeholders(content);
  const found: Contradiction[] = [];
  const complain = (path: string[], message: string) => found.push({ path, message });
  const isDigestSigned = bodyDigest !== undefined && signed.includes("url");
  if (bodyDigest !== undefined && !isDigestSigned) complain(["bodyDigest"], "is not signed: content must have {url}");
  if (!signed.includes("body") && !isDigestSigned) {
    complain(["proof", "content"], "does not sign the body: it must have {body}, or {url} together with bodyDigest");
  }
  if (timestamp && !timestamp.field.startsWith("body:") && !signed.includes("timestamp")) {
    complain(["timestamp"], "is not signed: content must have {timestamp}");
  }
  if (timestamp?.field.startsWith("body:") && signed.includes("timestamp")) {
    complain(["proof", "content"], "has {timestamp}, which is in the body, and so signed with it");
  }
  if (!timestamp && signed.includes("timestamp")) complain(["timestamp"], "is missing: content has {timestamp}");
  return found;
}

function partsWithoutSplit(proof: Proof, { timestamp, deliveryId, event }: Parts): Contradiction[] {
  if (isSigned(proof) && proof.split !== undefined) return [];
  const content = isSigned(proof) ? placeholders(proof.content) : [];
  const used = [timestamp?.field ?? "", ...content, ...[...deliveryId, ...event].flatMap(placeholders)];
  const part = used.find((field) => field.startsWith("part:"));
  return part === undefined ? [] : [{ path: ["proof"], message: `has no split, so that there is no ${part}` }];
}
