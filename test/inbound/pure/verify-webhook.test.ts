import { createHmac, generateKeyPairSync, sign as signBytes } from "node:crypto";
import * as fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { Stripe } from "stripe";
import { describe, expect, it } from "vitest";
import { PRESETS, presetScheme } from "../../../src/inbound/presets.ts";
import { type SchemeInput, schemeSchema } from "../../../src/inbound/scheme.ts";
import { verifyWebhook } from "../../../src/inbound/verify-webhook.ts";
import { PUBLISHED_SAMPLES } from "../published-samples.ts";
import { requestOf } from "../requests.ts";
import { LIBRARY_SAMPLES } from "./library-samples.ts";

const AT = 1_700_000_000_000;
const WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SAMPLES = [...PUBLISHED_SAMPLES, ...LIBRARY_SAMPLES];

function verify(scheme: SchemeInput, secret: string, headers: Record<string, string>, body = "", url?: string) {
  const request = requestOf({ headers, body, ...(url !== undefined && { url }) });
  return verifyWebhook(schemeSchema.parse(scheme), [secret], request, AT);
}

const hmac = (secret: string, text: string) => createHmac("sha256", secret).update(text).digest("hex");

describe("several signatures in one header", () => {
  const body = '{"id":"evt_1"}';
  const stripeSignature = (secret: string) =>
    Stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp: AT / 1_000 }).split(",v1=")[1] ?? "";
  const verifyStripe = (signature: string) =>
    verify(PRESETS.stripe.scheme, WHSEC, { "stripe-signature": signature }, body);

  it("are each tried, as when a provider rotates its secret", async () => {
    const header = `t=${AT / 1_000},v1=${stripeSignature("whsec_old")},v1=${stripeSignature(WHSEC)},v0=00`;
    expect(await verifyStripe(header)).toMatchObject({ kind: "verified", deliveryId: "evt_1" });

    const both = ["whsec_AAAA", WHSEC].map((secret) => new Webhook(secret).sign("msg_1", new Date(AT), body));
    const headers = {
      "webhook-id": "msg_1",
      "webhook-timestamp": `${AT / 1_000}`,
      "webhook-signature": both.join(" "),
    };
    expect(await verify(PRESETS["standard-webhooks"].scheme, WHSEC, headers, body)).toMatchObject({ kind: "verified" });
  });

  it("are at most ten, in 4,096 characters", async () => {
    const header = (more: string) => `t=${AT / 1_000},${more}v1=${stripeSignature(WHSEC)}`;
    expect(await verifyStripe(header("v1=00,".repeat(9)))).toMatchObject({ kind: "verified" });
    const rejected = { kind: "rejected", cause: "malformed_signature" };
    expect(await verifyStripe(header("v1=00,".repeat(10)))).toEqual(rejected);
    expect(await verifyStripe(header(`v0=${"0".repeat(3_900)},`))).toMatchObject({ kind: "verified" });
    expect(await verifyStripe(header(`v0=${"0".repeat(4_096)},`))).toEqual(rejected);
  });

  it("do not count when they are of another version", async () => {
    const header = `t=${AT / 1_000},v0=${stripeSignature(WHSEC)}`;
    expect(await verifyStripe(header)).toEqual({ kind: "rejected", cause: "malformed_signature" });
  });
});

describe("a challenge", () => {
  const slack = (body: string, secret = "shh") => ({
    "content-type": "application/json",
    "x-slack-request-timestamp": `${AT / 1_000}`,
    "x-slack-signature": `v0=${hmac(secret, `v0:${AT / 1_000}:${body}`)}`,
  });
  const challenge = '{"token":"x","challenge":"3eZbrw1aB10nSqsEQW","type":"url_verification"}';

  it("of Slack's is answered with its text, as text", async () => {
    expect(await verify(PRESETS.slack.scheme, "shh", slack(challenge), challenge)).toEqual({
      kind: "challenge",
      reply: {
        status: 200,
        headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
        body: "3eZbrw1aB10nSqsEQW",
      },
    });
  });

  it("is not answered unless it is signed", async () => {
    const result = await verify(PRESETS.slack.scheme, "shh", slack(challenge, "guess"), challenge);
    expect(result).toEqual({ kind: "rejected", cause: "signature_mismatch" });
    const late = requestOf({ headers: slack(challenge), body: challenge });
    expect(await verifyWebhook(presetScheme("slack")!, ["shh"], late, AT + 301_000)).toEqual({
      kind: "rejected",
      cause: "timestamp_out_of_tolerance",
    });
  });

  it("without its text is a delivery like any other", async () => {
    const body = '{"type":"url_verification"}';
    expect(await verify(PRESETS.slack.scheme, "shh", slack(body), body)).toMatchObject({ kind: "verified" });
  });

  const keys = generateKeyPairSync("ed25519");
  const key = keys.publicKey.export({ type: "spki", format: "der" }).subarray(-32).toString("hex");
  const discord = (body: string) =>
    verify(
      PRESETS.discord.scheme,
      key,
      {
        "x-signature-timestamp": `${AT / 1_000}`,
        "x-signature-ed25519": signBytes(null, Buffer.from(AT / 1_000 + body), keys.privateKey).toString("hex"),
      },
      body,
    );

  it("of Discord's is answered 204 for webhook events, and PONG for interactions", async () => {
    expect(await discord('{"version":1,"type":0}')).toMatchObject({
      kind: "challenge",
      reply: { status: 204, body: null },
    });
    const pong = { status: 200, headers: { "content-type": "application/json" }, body: '{"type":1}' };
    expect(await discord('{"id":"7","type":1}')).toEqual({ kind: "challenge", reply: pong });
  });

  it("of Discord's is told from an event", async () => {
    const event = '{"type":1,"event":{"type":"ENTITLEMENT_CREATE"}}';
    expect(await discord(event)).toMatchObject({ kind: "verified", event: "ENTITLEMENT_CREATE" });
    expect(await discord('{"id":"7","type":2}')).toMatchObject({ kind: "verified", deliveryId: "7" });
  });
});

describe("a request by Twilio", () => {
  const byType = (type: string) =>
    PUBLISHED_SAMPLES.find(({ preset, headers }) => preset === "twilio" && headers["content-type"]?.includes(type))!;
  const [form, json] = [byType("form"), byType("json")];
  const verifyTwilio = (changed: object) =>
    verifyWebhook(presetScheme("twilio")!, ["12345"], requestOf({ ...json, ...changed }), AT);

  it("is held to the body's digest in its URL, whatever its content type says", async () => {
    const headers = { ...json.headers, "content-type": "application/x-www-form-urlencoded" };
    for (const body of ["", "&", "a=1"]) {
      expect(await verifyTwilio({ headers, body })).toEqual({ kind: "rejected", cause: "body_digest_mismatch" });
    }
  });

  it("is refused when neither its form nor a digest says what its body is", async () => {
    const signature = createHmac("sha1", "12345").update(form.url!).digest("base64");
    const headers = { "x-twilio-signature": signature, "content-type": "application/json" };
    const rejected = { kind: "rejected", cause: "body_digest_missing" };
    expect(await verifyTwilio({ url: form.url, headers, body: "{}" })).toEqual(rejected);
    // A GET, all of whose parameters are in the URL.
    expect(await verifyTwilio({ url: form.url, headers, body: "" })).toMatchObject({ kind: "verified" });
  });
});

describe("a scheme of one's own", () => {
  const signature = { header: "x-signature", encoding: "base64", content: "{body}" } as const;

  it("verifies Ed25519, with a vector of RFC 8032 §7.1", async () => {
    const proof = { kind: "ed25519", ...signature, encoding: "hex", secret: { encoding: "hex" } } as const;
    const publicKey = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    const headers = {
      "x-signature":
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    };
    expect(await verify({ proof }, publicKey, headers, "r")).toMatchObject({ kind: "verified" });
    expect(await verify({ proof }, publicKey, headers, "s")).toMatchObject({ kind: "rejected" });
  });

  it.each([
    ["RSA", { kind: "rsa", hash: "sha256" }, generateKeyPairSync("rsa", { modulusLength: 2_048 }), "der"],
    ["ECDSA in raw form", { kind: "ecdsa", curve: "P-256", hash: "sha256", form: "raw" }, p("P-256"), "ieee-p1363"],
    ["ECDSA on P-384", { kind: "ecdsa", curve: "P-384", hash: "sha256", form: "der" }, p("P-384"), "der"],
  ] as const)("verifies %s as OpenSSL signs it", async (_, kind, keys, dsaEncoding) => {
    const scheme: SchemeInput = { proof: { ...kind, ...signature } };
    const key = keys.publicKey.export({ type: "spki", format: "pem" }).toString();
    for (let run = 0; run < 20; run++) {
      const body = `run ${run}`;
      const signed = signBytes("sha256", Buffer.from(body), { key: keys.privateKey, dsaEncoding }).toString("base64");
      expect(await verify(scheme, key, { "x-signature": signed }, body)).toMatchObject({ kind: "verified" });
      expect(await verify(scheme, key, { "x-signature": signed }, `${body}!`)).toMatchObject({ kind: "rejected" });
    }
  });

  it("verifies a token in a header or a query, with what stands before it", async () => {
    const bearer: SchemeInput = { proof: { kind: "token", field: "header:authorization", prefix: "Bearer " } };
    expect(await verify(bearer, "t0ken", { authorization: "Bearer t0ken" })).toMatchObject({ kind: "verified" });
    const cause = (authorization: string) => verify(bearer, "t0ken", { authorization });
    expect(await cause("Bearer t0keN")).toEqual({ kind: "rejected", cause: "signature_mismatch" });
    expect(await cause("t0ken")).toEqual({ kind: "rejected", cause: "malformed_signature" });
    const query: SchemeInput = { proof: { kind: "token", field: "query:key" } };
    expect(await verify(query, "t0ken", {}, "", "https://x.example/?key=t0ken")).toMatchObject({ kind: "verified" });
    expect(await verify(query, "t0ken", {}, "", "https://x.example/?key=")).toMatchObject({
      cause: "signature_missing",
    });
  });

  it("verifies Basic credentials", async () => {
    const basic: SchemeInput = { proof: { kind: "basic" } };
    const authorization = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString("base64")}` });
    expect(await verify(basic, "user:pass:ö", authorization("user:pass:ö"))).toMatchObject({ kind: "verified" });
    expect(await verify(basic, "user:pass", authorization("user:past"))).toMatchObject({ cause: "signature_mismatch" });
    expect(await verify(basic, "user:pass", { authorization: "Bearer x" })).toMatchObject({
      cause: "malformed_signature",
    });
  });

  it("takes timestamps in seconds, milliseconds and RFC 3339", async () => {
    const times = { s: `${AT / 1_000}`, ms: `${AT}`, rfc3339: new Date(AT).toISOString() };
    for (const unit of ["s", "ms", "rfc3339"] as const) {
      const scheme: SchemeInput = {
        proof: { kind: "hmac", hash: "sha256", header: "x-signature", encoding: "hex", content: "{timestamp}.{body}" },
        timestamp: { field: "header:x-time", unit, tolerance: "10s" },
      };
      const at = (time: string) => verify(scheme, "k", { "x-time": time, "x-signature": hmac("k", `${time}.`) });
      expect(await at(times[unit])).toMatchObject({ kind: "verified", timestamp: AT });
      for (const time of ["1e12", "-5", "soon", "0x10", "2023-13-45T00:00:00Z", "9".repeat(20)]) {
        expect(await at(time)).toEqual({ kind: "rejected", cause: "malformed_timestamp" });
      }
      const none = await verify(scheme, "k", { "x-signature": hmac("k", ".") });
      expect(none).toEqual({ kind: "rejected", cause: "timestamp_missing" });
    }
  });

  it("says that a field is missing which is signed, and that no secret is of its form", async () => {
    const headers = { "webhook-timestamp": `${AT / 1_000}`, "webhook-signature": "v1,AAAA" };
    const cause = async (secret: string, headers: Record<string, string>) =>
      verify(PRESETS["standard-webhooks"].scheme, secret, headers);
    expect(await cause(WHSEC, headers)).toEqual({ kind: "rejected", cause: "signed_field_missing" });
    const all = { ...headers, "webhook-id": "msg_1" };
    expect(await cause("not base64", all)).toEqual({ kind: "rejected", cause: "no_usable_secret" });
  });

  it("takes the first delivery id that can be one, else the digest of what was signed", async () => {
    const scheme: SchemeInput = {
      proof: { kind: "token", field: "header:x-token" },
      deliveryId: ["{body:/a/0/id}", "{header:x-id}"],
    };
    const idOf = async (body: string, headers = {}) => {
      const result = await verify(scheme, "t", { "x-token": "t", ...headers }, body);
      return result.kind === "verified" && result.deliveryId;
    };
    expect(await idOf('{"a":[{"id":12}]}', { "x-id": "h" })).toBe("12");
    expect(await idOf('{"a":[{"id":{}}]}', { "x-id": "h" })).toBe("h");
    expect(await idOf('{"a":[{"id":"with space"}]}', { "x-id": "h" })).toBe("h");
    expect(await idOf(`{"a":[{"id":"${"l".repeat(201)}"}]}`, { "x-id": "h" })).toBe("h");
    expect(await idOf("hello")).toBe("sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
  });
});

describe("whatever is sent", () => {
  const hostile = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(
      "t=1700000000,v1=",
      "v1,",
      "sha256=",
      "v0=00",
      "ts=;h1=",
      "Basic !",
      "{body}",
      ",".repeat(500),
      "a".repeat(5_000),
    ),
  );

  it("is neither accepted nor makes it throw", async () => {
    const requests = fc.record({
      sample: fc.constantFrom(...SAMPLES),
      values: fc.dictionary(fc.nat(9).map(String), hostile),
      body: fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc.json().map((json) => new TextEncoder().encode(json)),
      ),
      url: fc.oneof(fc.webUrl({ withQueryParameters: true }), fc.string()),
      type: fc.constantFrom("application/json", "application/x-www-form-urlencoded", "text/plain", ""),
    });
    await fc.assert(
      fc.asyncProperty(requests, async ({ sample, values, body, url, type }) => {
        const headers = new Headers({ "content-type": type });
        for (const [at, name] of Object.keys(sample.headers).entries()) {
          const value = (values[String(at)] ?? sample.headers[name] ?? "").replaceAll(/[^\t\x20-\xff]/g, "");
          if (name !== "content-type" && name !== "x-gitlab-token") headers.set(name, value);
        }
        fc.pre(new TextDecoder().decode(body) !== sample.body);
        const request = { method: "POST", url, headers, body };
        const result = await verifyWebhook(presetScheme(sample.preset)!, [sample.secret], request, sample.at);
        expect(result).toMatchObject({ kind: "rejected", cause: expect.stringMatching(/^[a-z_]+$/) });
      }),
      { numRuns: 1_000 },
    );
  });

  it("is read as it is when it is signed, with nothing of Object's", async () => {
    const scheme: SchemeInput = {
      proof: { kind: "token", field: "header:x-token" },
      event: ["{body:/constructor/name}", "{body:/length}", "{body:/__proto__}"],
    };
    for (const body of ["{}", "[]", '""', "null", "7", "x", "\uFEFF{}", "[".repeat(100_000)]) {
      const result = await verify(scheme, "t", { "x-token": "t" }, body);
      expect(result).toMatchObject({ kind: "verified", event: null });
    }
    const form = { "x-token": "t", "content-type": "application/x-www-form-urlencoded" };
    expect(await verify(scheme, "t", form, "__proto__=a&length=%ff")).toMatchObject({ kind: "verified", event: null });
    expect(await verify(scheme, "t", form, "__proto__=a")).toMatchObject({ kind: "verified", event: "a" });
  });
});

function p(namedCurve: string) {
  return generateKeyPairSync("ec", { namedCurve });
}
