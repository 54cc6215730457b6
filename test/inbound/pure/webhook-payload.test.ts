import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { presetScheme } from "../../../src/inbound/presets.ts";
import { schemeSchema } from "../../../src/inbound/scheme.ts";
import { webhookPayload, webhookPayloadSchema } from "../../../src/inbound/webhook-payload.ts";

const AT = 1_700_000_000_000;

function payloadOf(headers: Record<string, string>, body: string | Uint8Array, scheme = presetScheme("github")!) {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const request = { method: "POST", url: "https://sluice.example/in/e-1", headers: new Headers(headers), body: bytes };
  const verified = { kind: "verified", deliveryId: "d-1", event: "push", timestamp: null } as const;
  return webhookPayload({ endpoint: "e-1", scheme, request, verified, receivedAt: AT });
}

describe("the payload of a delivery", () => {
  it("has what came, parsed and as it came, and is what a handler can ask for", () => {
    const payload = payloadOf({ "Content-Type": "application/json", "X-GitHub-Event": "push" }, '{"ref": "main"}');
    expect(payload).toEqual({
      endpoint: "e-1",
      event: "push",
      deliveryId: "d-1",
      receivedAt: "2023-11-14T22:13:20.000Z",
      headers: { "content-type": "application/json", "x-github-event": "push" },
      body: { ref: "main" },
      rawBody: '{"ref": "main"}',
      rawBodyEncoding: "utf-8",
    });
    const input = webhookPayloadSchema.extend({ body: z.object({ ref: z.string() }) });
    expect(input.parse(JSON.parse(JSON.stringify(payload)))).toEqual(payload);
  });

  it("has a form's parameters, those that come several times as a list", () => {
    const form = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
    expect(payloadOf(form, "a=1+2&b=%C3%B6&a=3&c&__proto__=x").body).toEqual(
      Object.fromEntries([
        ["a", ["1 2", "3"]],
        ["b", "ö"],
        ["c", ""],
        ["__proto__", "x"],
      ]),
    );
    expect(payloadOf(form, "a=%ff").body).toBeNull();
    expect(payloadOf(form, "a&".repeat(1_001)).body).toBeNull();
  });

  it("has every byte of any body", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.string({ unit: "binary" }).map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          const { rawBody, rawBodyEncoding } = payloadOf({}, new Uint8Array(bytes));
          expect(Buffer.from(rawBody, rawBodyEncoding)).toEqual(Buffer.from(bytes));
        },
      ),
    );
    expect(payloadOf({}, "\uFEFF{}")).toMatchObject({ rawBody: "\uFEFF{}", body: {} });
    expect(payloadOf({}, new Uint8Array(100_000).fill(0xff))).toMatchObject({ body: null, rawBodyEncoding: "base64" });
  });

  it("has no credentials, signatures or what proxies add in its headers", () => {
    const dropped = {
      Authorization: "Bearer x",
      Cookie: "a=b",
      "CF-Connecting-IP": "192.0.2.1",
      "X-Forwarded-For": "192.0.2.1",
      "X-Real-IP": "192.0.2.1",
      "X-Hub-Signature": "sha1=00",
      "X-Hub-Signature-256": "sha256=00",
      "X-Shopify-Hmac-Sha256": "00",
      "X-Gitlab-Token": "t",
      "Stripe-Signature": "t=1",
      Host: "sluice.example",
    };
    expect(
      payloadOf({ ...dropped, "User-Agent": "GitHub-Hookshot", "I-Twilio-Idempotency-Token": "7" }, "").headers,
    ).toEqual({
      "i-twilio-idempotency-token": "7",
      "user-agent": "GitHub-Hookshot",
    });
  });

  it("does not have the token of a scheme of one's own, wherever it is", () => {
    const scheme = schemeSchema.parse({ proof: { kind: "token", field: "header:X-Acme-Key" } });
    expect(payloadOf({ "X-Acme-Key": "t", "X-Acme-Id": "7" }, "", scheme).headers).toEqual({ "x-acme-id": "7" });
  });

  it("has at most 50 headers, none of them long, and 8,192 characters of them", () => {
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`x-${100 + at}`, "v"]));
    expect(Object.keys(payloadOf(many, "").headers)).toHaveLength(50);
    expect(payloadOf({ "x-long": "v".repeat(1_025), "x-short": "v" }, "").headers).toEqual({ "x-short": "v" });
    const large = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`x-${100 + at}`, "v".repeat(1_000)]));
    expect(Object.keys(payloadOf(large, "").headers)).toHaveLength(8);
  });
});
