import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { issueReadToken, READ_TOKEN_MS, type ReadGrant, verifyReadToken } from "../../src/protocol/read-token.ts";
import { deriveKey } from "../../src/protocol/secret-keys.ts";
import { keyText, secretKeys } from "../support/secret-keys.ts";

const NOW = 1_800_000_000_000;
const KEYS = secretKeys(keyText("k1", 1));
const GRANT: ReadGrant = {
  tenantId: "acme",
  jobId: "01a3185c-5000-7000-8000-000000000001",
  expiresAt: NOW + READ_TOKEN_MS,
};

describe("a read token", () => {
  it("grants what it was issued for, until its time is up", async () => {
    const token = await issueReadToken(KEYS, GRANT);
    expect(token).toMatch(/^slr_k1\.[\w-]+\.[\w-]{43}$/);
    expect(token.length).toBeLessThan(250);
    expect(await verifyReadToken(KEYS, token, NOW)).toEqual({ kind: "valid", ...GRANT });
    expect(await verifyReadToken(KEYS, token, GRANT.expiresAt - 1)).toEqual({ kind: "valid", ...GRANT });
    expect(await verifyReadToken(KEYS, token, GRANT.expiresAt)).toEqual({ kind: "expired" });
  });

  it("needs no escaping in a URL", async () => {
    const token = await issueReadToken(KEYS, GRANT);
    expect(encodeURIComponent(token)).toBe(token);
  });

  it("is invalid when any of its bits is another", async () => {
    const token = await issueReadToken(KEYS, GRANT);
    for (let at = 0; at < token.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const other = String.fromCharCode(token.charCodeAt(at) ^ (1 << bit));
        const changed = token.slice(0, at) + other + token.slice(at + 1);
        expect(await verifyReadToken(KEYS, changed, NOW)).toEqual({ kind: "invalid" });
      }
    }
  });

  it("is invalid with a part of another token", async () => {
    const own = (await issueReadToken(KEYS, GRANT)).split(".");
    const foreign = (await issueReadToken(KEYS, { ...GRANT, tenantId: "other" })).split(".");
    for (const part of [1, 2]) {
      const mixed = own.with(part, foreign[part]!).join(".");
      expect(await verifyReadToken(KEYS, mixed, NOW)).toEqual({ kind: "invalid" });
    }
  });

  it("is valid as long as its key is one of the deployment's", async () => {
    const token = await issueReadToken(KEYS, GRANT);
    const verified = (setting: string) => verifyReadToken(secretKeys(setting), token, NOW);
    expect(await verified(`${keyText("k2", 2)},${keyText("k1", 1)}`)).toMatchObject({ kind: "valid" });
    expect(await verified(keyText("k2", 2))).toEqual({ kind: "invalid" });
    expect(await verified(keyText("k1", 2))).toEqual({ kind: "invalid" });
    expect(await verified(keyText("k2", 1))).toEqual({ kind: "invalid" });
  });

  it("is not what the same key signs for another purpose", async () => {
    const token = await issueReadToken(KEYS, GRANT);
    const signed = token.slice(0, token.lastIndexOf("."));
    const raw = await crypto.subtle.importKey("raw", KEYS[0].bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const forge = async (key: CryptoKey) => {
      const signature = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(signed));
      return `${signed}.${Buffer.from(signature).toString("base64url")}`;
    };
    expect(await forge(await deriveKey(KEYS[0], "read-token"))).toBe(token);
    expect(await verifyReadToken(KEYS, await forge(raw), NOW)).toEqual({ kind: "invalid" });
  });

  it("is never what somebody makes up, and nothing makes it throw", async () => {
    const part = fc.oneof(fc.stringMatching(/^[\w-]{0,60}$/), fc.string());
    const forged = fc.tuple(fc.constantFrom("k1", "k2", ""), part, part).map((parts) => `slr_${parts.join(".")}`);
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ unit: "binary" }), forged), async (text) => {
        expect(await verifyReadToken(KEYS, text, NOW)).toEqual({ kind: "invalid" });
      }),
      { numRuns: 1_000 },
    );
    expect(await verifyReadToken(KEYS, `slr_k1.${"a".repeat(1e6)}.a`, NOW)).toEqual({ kind: "invalid" });
  });
});
