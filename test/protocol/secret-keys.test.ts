import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/config.ts";
import { PROBLEMS } from "../../src/protocol/problem-codes.ts";
import { deriveKey, requireSecretKeys, secretKeysSchema } from "../../src/protocol/secret-keys.ts";
import { keyText, secretKeys } from "../support/secret-keys.ts";

const problem = (setting: string) => secretKeysSchema.safeParse(setting).error?.issues.map(({ message }) => message);

/** Base64 of so many bytes. */
const bytes = (count: number) => btoa("\x07".repeat(count));

describe("SLUICE_SECRET_KEYS", () => {
  it("is one key, or several in their order", () => {
    expect(secretKeys(keyText("k1", 1))).toEqual([{ id: "k1", bytes: new Uint8Array(32).fill(1) }]);
    const several = ` ${keyText("2026-11", 2)},\n${keyText("k_1", 1)} `;
    expect(secretKeys(several).map(({ id }) => id)).toEqual(["2026-11", "k_1"]);
  });

  it.each(["", " ", ",", undefined])("may be missing: %j", (setting) => {
    expect(readConfig({ SLUICE_SECRET_KEYS: setting }).secretKeys).toBeNull();
  });

  it.each([
    [bytes(32), "key 1: expected an id, a colon, and what `openssl rand -base64 32` makes"],
    [`:${bytes(32)}`, "key 1: its id must be 1 to 32 letters, digits, - or _"],
    [`a.b:${bytes(32)}`, "key 1: its id must be 1 to 32 letters, digits, - or _"],
    [`${"a".repeat(33)}:${bytes(32)}`, "key 1: its id must be 1 to 32 letters, digits, - or _"],
    [`k1:${bytes(31)}`, "key 1: it has 31 bytes, not 32"],
    [`k1:${bytes(33)}`, "key 1: it has 33 bytes, not 32"],
    ["k1:", "key 1: it has 0 bytes, not 32"],
    ["k1:not base64!", "key 1: what follows the colon is not base64"],
    [`k1:${bytes(32).slice(0, -1)}`, "key 1: what follows the colon is not base64"],
    [`${keyText("k1", 1)},k2:${bytes(16)}`, "key 2: it has 16 bytes, not 32"],
    [`${keyText("k1", 1)},`, "key 2: expected an id, a colon, and what `openssl rand -base64 32` makes"],
    [`${keyText("k1", 1)},${keyText("k1", 2)}`, "key 2: its id is that of another key"],
    [Array.from({ length: 11 }, (_, n) => keyText(`k${n}`, n)).join(), "more than 10 keys"],
  ])("of the wrong form is refused: %s", (setting, message) => {
    expect(problem(setting)).toEqual([message]);
  });

  it("stops the Worker when it is wrong, and is not shown by what it says", () => {
    const wrong = `k1:${btoa("a secret of the wrong length")}`;
    const says = (setting: unknown) => {
      try {
        return readConfig({ SLUICE_SECRET_KEYS: setting }) && "passed";
      } catch (error) {
        return String(error);
      }
    };
    expect(says(wrong)).toMatch(/^Error: Sluice is misconfigured: .*28 bytes, not 32.*SLUICE_SECRET_KEYS$/s);
    expect(says(wrong)).not.toContain(wrong.slice(3, 12));
    expect(says({ k1: "secret" })).not.toContain('secret"');
  });

  it("is named, with how to make one, when something needs it and it is missing", () => {
    const keys = secretKeys(keyText("k1", 1));
    expect(requireSecretKeys(keys, "An endpoint")).toBe(keys);
    const needed = () => requireSecretKeys(null, "An endpoint");
    expect(needed).toThrow(/^An endpoint needs SLUICE_SECRET_KEYS, which is not set: .*openssl rand -base64 32/);
    expect(needed).toThrow(expect.objectContaining({ code: "not_configured", status: PROBLEMS.not_configured.status }));
  });
});

describe("a derived key", () => {
  it("is its purpose's alone, and its secret key's", async () => {
    const [one] = secretKeys(keyText("k1", 1));
    const [other] = secretKeys(keyText("k2", 2));
    const message = new TextEncoder().encode("message");
    const mac = async (key: CryptoKey) => new Uint8Array(await crypto.subtle.sign("HMAC", key, message)).join();
    const signing = await Promise.all([one, one, other].map((key) => deriveKey(key, "read-token")));
    const macs = await Promise.all(signing.map(mac));
    expect(macs[0]).toBe(macs[1]);
    expect(macs[0]).not.toBe(macs[2]);
    expect((await deriveKey(one, "seal")).usages.toSorted()).toEqual(["decrypt", "encrypt"]);
    expect(signing[0]!.usages.toSorted()).toEqual(["sign", "verify"]);
  });

  it("is that of RFC 5869, and does not change from version to version", async () => {
    const [key] = secretKeys(keyText("k1", 1));
    const { createHmac, hkdfSync } = await import("node:crypto");
    const derived = Buffer.from(hkdfSync("sha256", key.bytes, "", "sluice read-token v1", 32));
    const mac = await crypto.subtle.sign("HMAC", await deriveKey(key, "read-token"), new TextEncoder().encode("a"));
    expect(Buffer.from(mac).toString("hex")).toBe(createHmac("sha256", derived).update("a").digest("hex"));
  });
});
