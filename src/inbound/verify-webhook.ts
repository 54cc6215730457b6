import { toHex } from "../protocol/hex.ts";
import { sha256Of } from "../protocol/sha256.ts";
import { type ChallengeReply, challengeReply } from "./challenge-reply.ts";
import { checkProof } from "./check-proof.ts";
import type { Rejection, RejectionCause } from "./rejection.ts";
import type { Scheme } from "./scheme.ts";
import { render } from "./template.ts";
import type { RequestReader, WebhookRequest } from "./webhook-request.ts";

/** A delivery that its provider has sent. */
export interface VerifiedWebhook {
  readonly kind: "verified";
  /** The same for the same delivery: the provider's, or `sha256:` and the digest of what was signed. */
  readonly deliveryId: string;
  /** Null when the scheme knows none, or the request has none. */
  readonly event: string | null;
  /** Milliseconds since the epoch; null when the scheme has none. */
  readonly timestamp: number | null;
}

export type WebhookVerification = VerifiedWebhook | ChallengeReply | Rejection;

// What an idempotency key may be made of.
const DELIVERY_ID = /^[\x21-\x7e]{1,200}$/;
const EVENT = /^[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?$/;

/**
 * Verifies a webhook. It never throws, whatever is sent.
 * @param secrets any of which may have been used, so that they can be rotated; each costs a verification
 * @param now milliseconds since the epoch
 */
export async function verifyWebhook(
  scheme: Scheme,
  secrets: readonly string[],
  request: WebhookRequest,
  now: number,
): Promise<WebhookVerification> {
  const proven = await checkProof(scheme, secrets, request);
  if (proven.kind === "rejected") return proven;
  const { reader, content } = proven;
  // After the signature: what it says of its time is only told of what the provider has signed.
  const timestamp = checkTimestamp(scheme, reader, now);
  if (typeof timestamp === "string") return { kind: "rejected", cause: timestamp };
  const challenge = challengeReply(scheme.challenges, reader);
  if (challenge !== null) return challenge;
  const bodySha256 = toHex(await sha256Of(request.body));
  const given = firstOf(scheme.deliveryId, DELIVERY_ID, (field) =>
    field === "bodySha256" ? bodySha256 : reader.field(field),
  );
  const deliveryId = given ?? `sha256:${toHex(await sha256Of(content))}`;
  const event = firstOf(scheme.event, EVENT, (field) => reader.field(field));
  return { kind: "verified", deliveryId, event, timestamp };
}

function checkTimestamp({ timestamp }: Scheme, reader: RequestReader, now: number): number | null | RejectionCause {
  if (timestamp === undefined) return null;
  const text = reader.field(timestamp.field);
  if (text === null) return "timestamp_missing";
  const at = parsed(text, timestamp.unit);
  if (at === null) return "malformed_timestamp";
  return Math.abs(now - at) <= timestamp.tolerance ? at : "timestamp_out_of_tolerance";
}

function parsed(text: string, unit: "s" | "ms" | "rfc3339"): number | null {
  if (unit !== "rfc3339") return /^\d{1,15}$/.test(text) ? Number(text) * (unit === "s" ? 1_000 : 1) : null;
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

/** The first template that can be filled in and makes what is looked for. */
function firstOf(templates: readonly string[], pattern: RegExp, read: (field: string) => string | null): string | null {
  for (const template of templates) {
    const text = render(template, read);
    if (text !== null && pattern.test(text)) return text;
  }
  return null;
}
