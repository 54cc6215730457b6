import * as fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";
import { describe, expect, it } from "vitest";
import { newSigningKey, newSigningSecret, publicKeyOf, signWebhook } from "../../src/protocol/webhook-signature.ts";
import { verifiesByKey } from "../support/ed25519.ts";

// Those of Svix's server, whose format of a private key the specification leaves open.
const SIGNING_KEY = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
const PUBLIC_KEY = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";

describe("a signature", () => {
  it("is that of the test vector which the specification's libraries share", async () => {
    const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const headers = await signWebhook(
      [secret],
      "msg_p5jXN8AQM9LWM0D4loKWxJek",
      1_614_265_330_000,
      '{"test": 2432232314}',
    );
    expect(headers).toEqual({
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    });
  });

  it("is what the specification's library makes, of any body, with any secret", async () => {
    const ids = fc.stringMatching(/^[\w-]{1,40}$/);
    const texts = fc.string({ unit: "binary" });
    await fc.assert(
      fc.asyncProperty(ids, texts, fc.integer({ min: 0, max: 4_102_444_800_000 }), async (id, body, at) => {
        const secret = newSigningSecret();
        const headers = await signWebhook([secret], id, at, body);
        const seconds = Math.floor(at / 1_000);
        expect(headers["webhook-signature"]).toBe(new Webhook(secret).sign(id, new Date(seconds * 1_000), body));
      }),
    );
  });

  it("by a key pair is that of the test vector too", async () => {
    const headers = await signWebhook(
      [SIGNING_KEY],
      "msg_p5jXN8AQM9LWM0D4loKWxJek",
      1_614_265_330_000,
      '{"test": 2432232314}',
    );
    expect(headers["webhook-signature"]).toBe(
      "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==",
    );
    expect(publicKeyOf(SIGNING_KEY)).toBe(PUBLIC_KEY);
    expect(await verifiesByKey({ headers: { ...headers }, body: '{"test": 2432232314}' }, PUBLIC_KEY)).toBe(true);
  });

  it("by a key pair verifies with its public key alone, and for nothing but what was signed", async () => {
    const [pair, other] = [await newSigningKey(), await newSigningKey()];
    const headers = await signWebhook([pair], "id", 1_000, "body");
    const verifies = (change: object, body = "body", key = publicKeyOf(pair)) =>
      verifiesByKey({ headers: { ...headers, ...change }, body }, key);
    expect(await verifies({})).toBe(true);
    expect(await verifies({}, "Body")).toBe(false);
    expect(await verifies({ "webhook-id": "ie" })).toBe(false);
    expect(await verifies({ "webhook-timestamp": "2" })).toBe(false);
    expect(await verifies({}, "body", publicKeyOf(other))).toBe(false);
  });

  it.each([
    ["standardwebhooks", Webhook],
    ["svix", SvixWebhook],
  ])("by a key pair does not disturb %s, wherever it stands", async (_, Library) => {
    const secret = newSigningSecret();
    const body = '{"a":1}';
    for (const keys of [
      [secret, SIGNING_KEY],
      [SIGNING_KEY, newSigningSecret(), secret],
    ]) {
      const headers = { ...(await signWebhook(keys, "id", Date.now(), body)) };
      expect(new Library(secret).verify(body, headers)).toEqual({ a: 1 });
      expect(() => new Library(newSigningSecret()).verify(body, headers)).toThrow("No matching signature");
    }
    const alone = { ...(await signWebhook([SIGNING_KEY], "id", Date.now(), body)) };
    expect(() => new Library(secret).verify(body, alone)).toThrow("No matching signature");
  });

  it("is made with each secret, in their order", async () => {
    const secrets = [newSigningSecret(), newSigningSecret()];
    const both = await signWebhook(secrets, "id", 0, "body");
    const each = await Promise.all(secrets.map((secret) => signWebhook([secret], "id", 0, "body")));
    expect(both["webhook-signature"]).toBe(each.map((one) => one["webhook-signature"]).join(" "));
  });

  it("tells the second in which it was made, not the next", async () => {
    expect(await signWebhook([newSigningSecret()], "id", 1_999, "")).toMatchObject({ "webhook-timestamp": "1" });
  });
});

describe("a new secret", () => {
  it("is of 32 random bytes, within the 24 to 64 of the specification", () => {
    const secrets = Array.from({ length: 100 }, newSigningSecret);
    expect(new Set(secrets).size).toBe(100);
    for (const secret of secrets) {
      expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]+=*$/);
      expect(atob(secret.slice("whsec_".length))).toHaveLength(32);
    }
  });
});

describe("a new key pair", () => {
  it("is random, of the private key and the public one", async () => {
    const pairs = await Promise.all(Array.from({ length: 20 }, newSigningKey));
    expect(new Set(pairs).size).toBe(20);
    for (const pair of pairs) {
      expect(pair).toMatch(/^whsk_[A-Za-z0-9+/]{86}==$/);
      expect(publicKeyOf(pair)).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/);
    }
  });
});
