import { type Scheme, type SchemeInput, schemeSchema } from "./scheme.ts";

/** The scheme of a provider. */
export interface Preset {
  readonly title: string;
  /** Where the provider describes it. */
  readonly docs: string;
  readonly scheme: SchemeInput;
}

const STANDARD_WEBHOOKS = {
  proof: {
    kind: "hmac",
    hash: "sha256",
    header: "webhook-signature",
    split: " ",
    prefix: "v1,",
    encoding: "base64",
    content: "{header:webhook-id}.{timestamp}.{body}",
    secret: { encoding: "base64", prefix: "whsec_" },
  },
  timestamp: { field: "header:webhook-timestamp", unit: "s" },
  deliveryId: ["{header:webhook-id}"],
  event: ["{body:/type}"],
} as const satisfies SchemeInput;

/** The providers that are known by name. What each of them lacks is in docs/webhooks.md. */
export const PRESETS = {
  github: {
    title: "GitHub",
    docs: "https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries",
    scheme: {
      proof: {
        kind: "hmac",
        hash: "sha256",
        header: "x-hub-signature-256",
        prefix: "sha256=",
        encoding: "hex",
        content: "{body}",
      },
      deliveryId: ["{header:x-github-delivery}"],
      event: ["{header:x-github-event}.{body:/action}", "{header:x-github-event}"],
    },
  },
  stripe: {
    title: "Stripe",
    docs: "https://docs.stripe.com/webhooks/signature",
    scheme: {
      proof: {
        kind: "hmac",
        hash: "sha256",
        header: "stripe-signature",
        split: ",",
        prefix: "v1=",
        encoding: "hex",
        content: "{timestamp}.{body}",
        // The key is the whole text, the prefix with it.
        secret: { encoding: "text", prefix: "whsec_" },
      },
      timestamp: { field: "part:t", unit: "s" },
      deliveryId: ["{body:/id}"],
      event: ["{body:/type}"],
    },
  },
  "standard-webhooks": {
    title: "Standard Webhooks",
    docs: "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md",
    scheme: STANDARD_WEBHOOKS,
  },
  svix: {
    title: "Svix",
    docs: "https://docs.svix.com/receiving/verifying-payloads/how-manual",
    scheme: {
      ...STANDARD_WEBHOOKS,
      proof: {
        ...STANDARD_WEBHOOKS.proof,
        header: "svix-signature",
        content: "{header:svix-id}.{timestamp}.{body}",
      },
      timestamp: { field: "header:svix-timestamp", unit: "s" },
      deliveryId: ["{header:svix-id}"],
    },
  },
  shopify: {
    title: "Shopify",
    docs: "https://shopify.dev/docs/apps/build/webhooks/verify-deliveries",
    scheme: {
      proof: { kind: "hmac", hash: "sha256", header: "x-shopify-hmac-sha256", encoding: "base64", content: "{body}" },
      // Not the event's id, which several topics share.
      deliveryId: ["{header:x-shopify-webhook-id}"],
      event: ["{header:x-shopify-topic}"],
    },
  },
  slack: {
    title: "Slack",
    docs: "https://docs.slack.dev/authentication/verifying-requests-from-slack",
    scheme: {
      proof: {
        kind: "hmac",
        hash: "sha256",
        header: "x-slack-signature",
        prefix: "v0=",
        encoding: "hex",
        content: "v0:{timestamp}:{body}",
      },
      timestamp: { field: "header:x-slack-request-timestamp", unit: "s" },
      deliveryId: ["{body:/event_id}"],
      event: ["{body:/event/type}", "{body:/command}", "{body:/type}"],
      challenges: [{ when: { "/type": "url_verification" }, reply: { text: "{body:/challenge}" } }],
    },
  },
  gitlab: {
    title: "GitLab, secret token",
    docs: "https://docs.gitlab.com/user/project/integrations/webhooks/",
    scheme: {
      proof: { kind: "token", field: "header:x-gitlab-token" },
      deliveryId: ["{header:idempotency-key}", "{header:x-gitlab-webhook-uuid}"],
      event: ["{header:x-gitlab-event}"],
    },
  },
  "gitlab-signed": {
    title: "GitLab, signing token",
    docs: "https://gitlab.com/gitlab-org/gitlab/-/merge_requests/230944",
    scheme: { ...STANDARD_WEBHOOKS, event: ["{header:x-gitlab-event}"] },
  },
  linear: {
    title: "Linear",
    docs: "https://linear.app/developers/webhooks",
    scheme: {
      proof: { kind: "hmac", hash: "sha256", header: "linear-signature", encoding: "hex", content: "{body}" },
      timestamp: { field: "body:/webhookTimestamp", unit: "ms" },
      deliveryId: ["{header:linear-delivery}"],
      event: ["{body:/type}.{body:/action}", "{header:linear-event}"],
    },
  },
  twilio: {
    title: "Twilio",
    docs: "https://www.twilio.com/docs/usage/security",
    scheme: {
      proof: { kind: "hmac", hash: "sha1", header: "x-twilio-signature", encoding: "base64", content: "{url}{form}" },
      bodyDigest: "query:bodySHA256",
      deliveryId: ["{header:i-twilio-idempotency-token}"],
      event: [
        "{body:/EventType}",
        "message.{body:/MessageStatus}",
        "message.{body:/SmsStatus}",
        "call.{body:/CallStatus}",
      ],
    },
  },
  sendgrid: {
    title: "SendGrid",
    docs: "https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features",
    scheme: {
      proof: {
        kind: "ecdsa",
        curve: "P-256",
        hash: "sha256",
        form: "der",
        header: "x-twilio-email-event-webhook-signature",
        encoding: "base64",
        content: "{timestamp}{body}",
      },
      timestamp: { field: "header:x-twilio-email-event-webhook-timestamp", unit: "s" },
      // Each event in the body has a unique sg_event_id.
      deliveryId: ["sha256:{bodySha256}"],
    },
  },
  discord: {
    title: "Discord",
    docs: "https://discord.com/developers/docs/events/webhook-events",
    scheme: {
      proof: {
        kind: "ed25519",
        header: "x-signature-ed25519",
        encoding: "hex",
        content: "{timestamp}{body}",
        secret: { encoding: "hex" },
      },
      timestamp: { field: "header:x-signature-timestamp", unit: "s" },
      // An event has a time of its own in its body.
      deliveryId: ["{body:/id}", "sha256:{bodySha256}"],
      event: ["{body:/event/type}"],
      challenges: [
        { when: { "/type": 0 }, reply: { status: 204 } },
        // Of an interactions endpoint: the 1 that is an event of a webhook has the event with it.
        { when: { "/type": 1, "/event": null }, reply: { json: { type: 1 } } },
      ],
    },
  },
  paddle: {
    title: "Paddle",
    docs: "https://developer.paddle.com/webhooks/signature-verification",
    scheme: {
      proof: {
        kind: "hmac",
        hash: "sha256",
        header: "paddle-signature",
        split: ";",
        prefix: "h1=",
        encoding: "hex",
        content: "{timestamp}:{body}",
      },
      timestamp: { field: "part:ts", unit: "s" },
      deliveryId: ["{body:/event_id}"],
      event: ["{body:/event_type}"],
    },
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof PRESETS;

/** The scheme of a preset, or null when there is none of this name. */
export function presetScheme(name: string): Scheme | null {
  return Object.hasOwn(PRESETS, name) ? schemeSchema.parse(PRESETS[name as PresetName].scheme) : null;
}
