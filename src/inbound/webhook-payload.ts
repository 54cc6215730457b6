import { z } from "zod";
import { toBase64 } from "../protocol/base64.ts";
import { parseBody } from "./body.ts";
import { textOf } from "./bytes.ts";
import type { Scheme } from "./scheme.ts";
import type { VerifiedWebhook } from "./verify-webhook.ts";
import { payloadHeaders } from "./webhook-headers.ts";
import type { WebhookRequest } from "./webhook-request.ts";

/** The payload of the job that a delivery becomes: a handler's input, with a `body` of its own. */
export const webhookPayloadSchema = z.object({
  /** The endpoint's id. */
  endpoint: z.string(),
  event: z.string().nullable(),
  /** The same for the same delivery. */
  deliveryId: z.string(),
  /** ISO 8601 in UTC. */
  receivedAt: z.iso.datetime(),
  /** By their names in lower case. */
  headers: z.record(z.string(), z.string()),
  /** The JSON, or a form's parameters; null when it is neither. */
  body: z.unknown(),
  /** Every byte that was signed, as `rawBodyEncoding` says. */
  rawBody: z.string(),
  rawBodyEncoding: z.enum(["utf-8", "base64"]),
});

export type WebhookPayload = z.output<typeof webhookPayloadSchema>;

/** What a payload is made of. */
export interface ReceivedWebhook {
  readonly endpoint: string;
  readonly scheme: Scheme;
  readonly request: WebhookRequest;
  readonly verified: VerifiedWebhook;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
}

/** The payload of a delivery's job. It has the body twice: parsed, and as it came. */
export function webhookPayload({ endpoint, scheme, request, verified, receivedAt }: ReceivedWebhook): WebhookPayload {
  const parsed = parseBody(request.headers, request.body);
  const text = textOf(request.body);
  return {
    endpoint,
    event: verified.event,
    deliveryId: verified.deliveryId,
    receivedAt: new Date(receivedAt).toISOString(),
    headers: payloadHeaders(scheme.proof, request.headers),
    body: parsed.kind === "other" ? null : parsed.value,
    rawBody: text ?? toBase64(request.body),
    rawBodyEncoding: text === null ? "base64" : "utf-8",
  };
}
