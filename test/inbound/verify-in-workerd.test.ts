import { describe, expect, it } from "vitest";
import { presetScheme } from "../../src/inbound/presets.ts";
import { type SchemeInput, schemeSchema } from "../../src/inbound/scheme.ts";
import { secretProblem } from "../../src/inbound/secret.ts";
import { verifyWebhook } from "../../src/inbound/verify-webhook.ts";
import { toBase64 } from "../../src/protocol/base64.ts";
import { PUBLISHED_SAMPLES } from "./published-samples.ts";
import { requestOf } from "./requests.ts";

const BODY = "what is signed";
const SIGNATURE = { header: "x-signature", encoding: "base64", content: "{body}" } as const;
const SIGNED = new TextEncoder().encode(BODY);

describe("in workerd", () => {
  it.each(PUBLISHED_SAMPLES)(
    "the published signature by $preset is accepted, and that of another body is not",
    async (sample) => {
      const scheme = presetScheme(sample.preset)!;
      expect(await secretProblem(scheme, sample.secret)).toBeNull();
      const accepted = await verifyWebhook(scheme, [sample.otherSecret, sample.secret], requestOf(sample), sample.at);
      expect(accepted).toMatchObject({ kind: "verified", deliveryId: sample.deliveryId, event: sample.event });
      const other = requestOf({ ...sample, body: `${sample.body} ` });
      expect(await verifyWebhook(scheme, [sample.secret], other, sample.at)).toMatchObject({ kind: "rejected" });
    },
  );

  it.each([
    ["Ed25519", { kind: "ed25519", ...SIGNATURE }, { name: "Ed25519" }],
    [
      "ECDSA",
      { kind: "ecdsa", curve: "P-384", hash: "sha384", form: "raw", ...SIGNATURE },
      { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" },
    ],
    [
      "RSA",
      { kind: "rsa", hash: "sha256", ...SIGNATURE },
      { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 2_048, publicExponent: new Uint8Array([1, 0, 1]) },
    ],
  ] as const)("%s is verified", async (_, proof, algorithm) => {
    const scheme = schemeSchema.parse({ proof } satisfies SchemeInput);
    const keys = (await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as CryptoKeyPair;
    const spki = new Uint8Array((await crypto.subtle.exportKey("spki", keys.publicKey)) as ArrayBuffer);
    const signature = new Uint8Array(await crypto.subtle.sign(algorithm, keys.privateKey, SIGNED));
    expect(await secretProblem(scheme, toBase64(spki))).toBeNull();
    const verify = (body: string, signature: Uint8Array) => {
      const headers = { "x-signature": toBase64(signature) };
      return verifyWebhook(scheme, [toBase64(spki)], requestOf({ headers, body }), 0);
    };
    expect(await verify(BODY, signature)).toMatchObject({ kind: "verified" });
    expect(await verify(`${BODY}!`, signature)).toEqual({ kind: "rejected", cause: "signature_mismatch" });
    for (const length of [1, 63, 64, 65, 256, 1_000]) {
      const none = new Uint8Array(length).fill(0xff);
      expect(await verify(BODY, none)).toEqual({ kind: "rejected", cause: "signature_mismatch" });
    }
  });
});
