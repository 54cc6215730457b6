import { createHmac, generateKeyPairSync, sign as signBytes } from "node:crypto";
import { sign as signAsGithub } from "@octokit/webhooks-methods";
import { Webhook as StandardWebhook } from "standardwebhooks";
import { Stripe } from "stripe";
import { Webhook as SvixWebhook } from "svix";
import type { Sample } from "../published-samples.ts";

const AT = 1_700_000_000_000;
const SECONDS = String(AT / 1_000);
const WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER_WHSEC = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const JSON_TYPE = { "content-type": "application/json" };

function hmac(secret: string, text: string, encoding: "hex" | "base64"): string {
  return createHmac("sha256", secret).update(text).digest(encoding);
}

const githubBody = '{"action":"opened","number":7}';
const stripeBody = '{"id":"evt_1Q","object":"event","type":"invoice.paid"}';
const typedBody = '{"type":"user.created","data":{"id":7}}';
const gitlabBody = '{"object_kind":"push"}';
// As the tests of Linear's SDK have it.
const linearBody = JSON.stringify({
  action: "create",
  data: { id: "2174add1-f7c8-44e3-bbf3-2d60b5ea8bc9", body: "Indeed, I think this is an improvement." },
  type: "Comment",
  createdAt: "2020-01-23T12:53:18.084Z",
  webhookTimestamp: AT,
});
const discordBody =
  '{"version":1,"application_id":"1","type":1,"event":{"type":"ENTITLEMENT_CREATE","timestamp":"2023-11-14T22:13:20"}}';

const discordKeys = generateKeyPairSync("ed25519");
const otherDiscordKeys = generateKeyPairSync("ed25519");

/** The 32 bytes that end the DER of an Ed25519 public key, in hex, as Discord shows them. */
function hexKey(keys: typeof discordKeys): string {
  return keys.publicKey.export({ type: "spki", format: "der" }).subarray(-32).toString("hex");
}

function signedByDiscord(body: string): Record<string, string> {
  return {
    ...JSON_TYPE,
    "x-signature-timestamp": SECONDS,
    "x-signature-ed25519": signBytes(null, Buffer.from(SECONDS + body), discordKeys.privateKey).toString("hex"),
  };
}

/** Whose signatures the providers' libraries make; where there is none, Node's OpenSSL by the documentation. */
export const LIBRARY_SAMPLES: readonly Sample[] = [
  {
    preset: "github",
    secret: "octocat",
    otherSecret: "octocats",
    at: AT,
    headers: {
      ...JSON_TYPE,
      "x-github-delivery": "d-1",
      "x-github-event": "pull_request",
      "x-hub-signature-256": await signAsGithub("octocat", githubBody),
    },
    body: githubBody,
    deliveryId: "d-1",
    event: "pull_request.opened",
  },
  {
    preset: "stripe",
    secret: WHSEC,
    otherSecret: OTHER_WHSEC,
    at: AT,
    headers: {
      ...JSON_TYPE,
      "stripe-signature": Stripe.webhooks.generateTestHeaderString({
        payload: stripeBody,
        secret: WHSEC,
        timestamp: AT / 1_000,
      }),
    },
    body: stripeBody,
    deliveryId: "evt_1Q",
    event: "invoice.paid",
  },
  {
    preset: "standard-webhooks",
    secret: WHSEC,
    otherSecret: OTHER_WHSEC,
    at: AT,
    headers: {
      ...JSON_TYPE,
      "webhook-id": "msg_1",
      "webhook-timestamp": SECONDS,
      "webhook-signature": new StandardWebhook(WHSEC).sign("msg_1", new Date(AT), typedBody),
    },
    body: typedBody,
    deliveryId: "msg_1",
    event: "user.created",
  },
  {
    preset: "svix",
    secret: WHSEC,
    otherSecret: OTHER_WHSEC,
    at: AT,
    headers: {
      ...JSON_TYPE,
      "svix-id": "msg_1",
      "svix-timestamp": SECONDS,
      "svix-signature": new SvixWebhook(WHSEC).sign("msg_1", new Date(AT), typedBody),
    },
    body: typedBody,
    deliveryId: "msg_1",
    event: "user.created",
  },
  {
    preset: "shopify",
    secret: "hush",
    otherSecret: "hushed",
    at: AT,
    headers: {
      ...JSON_TYPE,
      "x-shopify-hmac-sha256": hmac("hush", '{"id":820982911946154508}', "base64"),
      "x-shopify-topic": "orders/create",
      "x-shopify-webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
    },
    body: '{"id":820982911946154508}',
    deliveryId: "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
    event: "orders/create",
  },
  {
    preset: "gitlab",
    secret: "glwt-3",
    otherSecret: "glwt-4",
    at: AT,
    headers: {
      ...JSON_TYPE,
      "x-gitlab-token": "glwt-3",
      "x-gitlab-event": "Push Hook",
      "idempotency-key": "f5e5f430-f57b-4e6e-9fac-d9128cd7232f",
    },
    body: gitlabBody,
    deliveryId: "f5e5f430-f57b-4e6e-9fac-d9128cd7232f",
    event: "Push Hook",
  },
  {
    preset: "gitlab-signed",
    secret: WHSEC,
    otherSecret: OTHER_WHSEC,
    at: AT,
    headers: {
      ...JSON_TYPE,
      "x-gitlab-event": "Push Hook",
      "webhook-id": "f5e5f430-f57b-4e6e-9fac-d9128cd7232f",
      "webhook-timestamp": SECONDS,
      "webhook-signature": new StandardWebhook(WHSEC).sign(
        "f5e5f430-f57b-4e6e-9fac-d9128cd7232f",
        new Date(AT),
        gitlabBody,
      ),
    },
    body: gitlabBody,
    deliveryId: "f5e5f430-f57b-4e6e-9fac-d9128cd7232f",
    event: "Push Hook",
  },
  {
    preset: "linear",
    secret: "lin_wh_1",
    otherSecret: "lin_wh_2",
    at: AT,
    headers: {
      ...JSON_TYPE,
      "linear-delivery": "234d1a4e-b617-4388-90fe-adc3633d6b72",
      "linear-event": "Comment",
      "linear-signature": hmac("lin_wh_1", linearBody, "hex"),
    },
    body: linearBody,
    deliveryId: "234d1a4e-b617-4388-90fe-adc3633d6b72",
    event: "Comment.create",
  },
  {
    preset: "discord",
    secret: hexKey(discordKeys),
    otherSecret: hexKey(otherDiscordKeys),
    at: AT,
    headers: signedByDiscord(discordBody),
    body: discordBody,
    deliveryId: "sha256:693acdd739a05569281332dcfc6551de7f908ae6a348f212bfe318345438b62b",
    event: "ENTITLEMENT_CREATE",
  },
];
