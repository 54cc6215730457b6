import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type PresetName, presetScheme } from "../../../src/inbound/presets.ts";
import { type SchemeInput, schemeSchema } from "../../../src/inbound/scheme.ts";
import { secretProblem } from "../../../src/inbound/secret.ts";

const problemOf = (preset: PresetName, secret: string) => secretProblem(presetScheme(preset)!, secret);

function publicKey(keys: { publicKey: { export(options: { type: "spki"; format: "pem" }): string | Buffer } }): string {
  return keys.publicKey.export({ type: "spki", format: "pem" }).toString();
}

const P256 = publicKey(generateKeyPairSync("ec", { namedCurve: "P-256" }));
const P384 = publicKey(generateKeyPairSync("ec", { namedCurve: "P-384" }));
const RSA_1024 = publicKey(generateKeyPairSync("rsa", { modulusLength: 1_024 }));
const RSA = publicKey(generateKeyPairSync("rsa", { modulusLength: 2_048 }));
const ED25519 = publicKey(generateKeyPairSync("ed25519"));

describe("a secret", () => {
  it.each([
    ["github", "", "must not be empty"],
    ["github", "secret\n", "must not begin or end with white space"],
    ["github", "s".repeat(4_097), "must have at most 4096 characters"],
    ["github", "\ud800", "must be text"],
    ["gitlab", " token", "must not begin or end with white space"],
    ["stripe", "sk_live_1", 'must begin with "whsec_"'],
    ["standard-webhooks", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 'must begin with "whsec_"'],
    ["standard-webhooks", "whsec_", 'must be base64 with its padding after "whsec_"'],
    ["svix", "whsec_not/base64!", 'must be base64 with its padding after "whsec_"'],
    ["svix", "whsec_AB==", 'must be base64 with its padding after "whsec_"'],
    ["discord", "zz", "must be hex, in one case throughout"],
    ["discord", "aB", "must be hex, in one case throughout"],
    ["discord", "00ff", "must be an Ed25519 public key of 32 bytes"],
    ["sendgrid", "-----BEGIN PUBLIC KEY-----\nno\n-----END PUBLIC KEY-----", "must be a public key: PEM"],
    ["sendgrid", "AAAA", "must be an ECDSA public key of the scheme's curve"],
    ["sendgrid", P384, "must be an ECDSA public key of the scheme's curve"],
    ["sendgrid", RSA, "must be an ECDSA public key of the scheme's curve"],
  ] as const)("of %s is refused with what is wrong with it: %j", async (preset, secret, problem) => {
    expect(await problemOf(preset, secret)).toContain(problem);
  });

  it("of the scheme's form is taken", async () => {
    expect(await problemOf("github", "It's a Secret to Everybody")).toBeNull();
    expect(await problemOf("stripe", "whsec_any text")).toBeNull();
    expect(await problemOf("sendgrid", P256)).toBeNull();
    const base64 = P256.split("\n").slice(1, -2).join("");
    expect(await problemOf("sendgrid", base64)).toBeNull();
  });

  it("that is an RSA key has at least 2,048 bits", async () => {
    expect(await secretProblem(schemeOf({ kind: "rsa", hash: "sha256", ...signature }), RSA)).toBeNull();
    const problem = await secretProblem(schemeOf({ kind: "rsa", hash: "sha256", ...signature }), RSA_1024);
    expect(problem).toBe("must be an RSA key of at least 2048 bits");
  });

  it("that is an Ed25519 key is taken as PEM too", async () => {
    expect(await secretProblem(schemeOf({ kind: "ed25519", ...signature }), ED25519)).toBeNull();
    expect(await secretProblem(schemeOf({ kind: "ed25519", ...signature }), P256)).toContain("Ed25519");
  });

  it("of Basic has a user and a password", async () => {
    expect(await secretProblem(schemeOf({ kind: "basic" }), "user:pass")).toBeNull();
    expect(await secretProblem(schemeOf({ kind: "basic" }), "user")).toBe('must be "user:password"');
    expect(await secretProblem(schemeOf({ kind: "basic" }), "user:")).toBe('must be "user:password"');
  });
});

const signature = { header: "x-signature", encoding: "base64", content: "{body}" } as const;

function schemeOf(proof: SchemeInput["proof"]) {
  return schemeSchema.parse({ proof });
}
