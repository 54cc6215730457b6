import type { PresetName } from "../../src/inbound/presets.ts";

/** A webhook as a provider sends it, with the secret that it is signed with. */
export interface Sample {
  readonly preset: PresetName;
  readonly secret: string;
  /** Another secret of the same form. */
  readonly otherSecret: string;
  /** When it was sent: milliseconds since the epoch. */
  readonly at: number;
  readonly url?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly deliveryId: string;
  readonly event: string | null;
}

const WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER_WHSEC = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const FORM = { "content-type": "application/x-www-form-urlencoded" };
const JSON_TYPE = { "content-type": "application/json" };

/** Whose signatures were made by somebody else: in documentation, or in the tests of the provider's own libraries. */
export const PUBLISHED_SAMPLES: readonly Sample[] = [
  // docs.github.com, "Validating webhook deliveries".
  {
    preset: "github",
    secret: "It's a Secret to Everybody",
    otherSecret: "It's a secret to everybody",
    at: 1_700_000_000_000,
    headers: {
      "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
      "x-github-event": "ping",
      "x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    },
    body: "Hello, World!",
    deliveryId: "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    event: "ping",
  },
  // The vector that the libraries of Standard Webhooks share.
  {
    preset: "standard-webhooks",
    secret: WHSEC,
    otherSecret: OTHER_WHSEC,
    at: 1_614_265_330_000,
    headers: {
      ...JSON_TYPE,
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    },
    body: '{"test": 2432232314}',
    deliveryId: "msg_p5jXN8AQM9LWM0D4loKWxJek",
    event: null,
  },
  // The same in the tests of Svix's libraries.
  {
    preset: "svix",
    secret: WHSEC,
    otherSecret: OTHER_WHSEC,
    at: 1_614_265_330_000,
    headers: {
      ...JSON_TYPE,
      "svix-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "svix-timestamp": "1614265330",
      "svix-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    },
    body: '{"test": 2432232314}',
    deliveryId: "msg_p5jXN8AQM9LWM0D4loKWxJek",
    event: null,
  },
  // docs.slack.dev, "Verifying requests from Slack".
  {
    preset: "slack",
    secret: "8f742231b10e8888abcd99yyyzzz85a5",
    otherSecret: "8f742231b10e8888abcd99yyyzzz85a6",
    at: 1_531_420_618_000,
    headers: {
      ...FORM,
      "x-slack-request-timestamp": "1531420618",
      "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    },
    body:
      "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar" +
      "&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com" +
      "%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
    deliveryId: "sha256:825d85f1380c13692f843f77083a8bbf4bc9df455f355b153a64590c7cc195e1",
    event: "/webhook-collect",
  },
  // The tests of twilio-node: a form.
  {
    preset: "twilio",
    secret: "12345",
    otherSecret: "12346",
    at: 1_700_000_000_000,
    url: "https://mycompany.com/myapp.php?foo=1&bar=2",
    headers: {
      ...FORM,
      "i-twilio-idempotency-token": "cb6b3c5f-0d4b-4a26-9d6f-6ff8b1a5a1d2",
      "x-twilio-signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
    },
    body: "To=%2B18005551212&From=%2B14158675309&Digits=1234&Caller=%2B14158675309&CallSid=CA1234567890ABCDE",
    deliveryId: "cb6b3c5f-0d4b-4a26-9d6f-6ff8b1a5a1d2",
    event: null,
  },
  // The same: JSON.
  {
    preset: "twilio",
    secret: "12345",
    otherSecret: "12346",
    at: 1_700_000_000_000,
    url: "https://mycompany.com/myapp.php?foo=1&bar=2&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620",
    headers: {
      ...JSON_TYPE,
      "i-twilio-idempotency-token": "cb6b3c5f-0d4b-4a26-9d6f-6ff8b1a5a1d2",
      "x-twilio-signature": "a9nBmqA0ju/hNViExpshrM61xv4=",
    },
    body: '{"property": "value", "boolean": true}',
    deliveryId: "cb6b3c5f-0d4b-4a26-9d6f-6ff8b1a5a1d2",
    event: null,
  },
  // The tests of twilio-php: parameters that come several times.
  {
    preset: "twilio",
    secret: "12345",
    otherSecret: "12346",
    at: 1_700_000_000_000,
    url: "https://mycompany.com/myapp.php?foo=1&bar=2",
    headers: {
      ...FORM,
      "i-twilio-idempotency-token": "cb6b3c5f-0d4b-4a26-9d6f-6ff8b1a5a1d2",
      "x-twilio-signature": "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
    },
    body: "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234",
    deliveryId: "cb6b3c5f-0d4b-4a26-9d6f-6ff8b1a5a1d2",
    event: null,
  },
  // The tests of sendgrid-nodejs.
  {
    preset: "sendgrid",
    secret:
      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEDr2LjtURuePQzplybdC+u4CwrqDqBaWjcMMsTbhdbcwHBcepxo7yAQGhHPTnlvFYPAZFceEu/1FwCM/QmGUhA==",
    otherSecret:
      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqTxd43gyp8IOEto2LdIfjRQrIbsd4SXZkLW6jDutdhXSJCWHw8REntlo7aNDthvj+y7GjUuFDb/R1NGe1OPzpA==",
    at: 1_588_788_367_000,
    headers: {
      ...JSON_TYPE,
      "x-twilio-email-event-webhook-timestamp": "1588788367",
      "x-twilio-email-event-webhook-signature":
        "MEUCIQCtIHJeH93Y+qpYeWrySphQgpNGNr/U+UyUlBkU6n7RAwIgJTz2C+8a8xonZGi6BpSzoQsbVRamr2nlxFDWYNH2j/0=",
    },
    body: '{"category":"example_payload","event":"test_event","message_id":"message_id"}',
    deliveryId: "sha256:eea38441e385d441f79d7ee2d875d19793e70ef3bbb439ca2431bb6d6ca4b475",
    event: null,
  },
  // The tests of paddle-node-sdk.
  {
    preset: "paddle",
    secret: "VALID_SECRET",
    otherSecret: "INVALID_VALID_SECRET",
    at: 1_698_796_800_000,
    headers: {
      ...JSON_TYPE,
      "paddle-signature": "ts=1698796800;h1=a300428748dce5c70e4da19bffd60769591ea969c99dea3105d0ec9612cf43f9",
    },
    body: '{"data": ["1", "2"]}',
    deliveryId: "sha256:c4205438b7e4763284eaf724eff9e061d9ee375ef67428b2239f1dc1eda10429",
    event: null,
  },
];
