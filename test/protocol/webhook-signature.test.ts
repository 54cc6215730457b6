import * as fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { newSigningSecret, signWebhook } from "../../src/protocol/webhook-signature.ts";

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
