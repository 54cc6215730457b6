import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isSealed, open, type SealedPlace, seal } from "../../src/protocol/sealed-secret.ts";
import { keyText, secretKeys } from "../support/secret-keys.ts";

const OLD = keyText("old", 1);
const NEW = keyText("new", 2);
const KEYS = secretKeys(OLD);
const PLACE: SealedPlace = { tenantId: "acme", table: "signing_secrets", column: "secret", id: "1" };

describe("a sealed secret", () => {
  it("opens where it was sealed, whatever it is", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme" }), async (text) => {
        const sealed = await seal(KEYS, PLACE, text);
        expect(sealed).toMatch(/^sealed\.v1\.old\.[\w-]+$/);
        expect(isSealed(sealed)).toBe(true);
        expect(await open(KEYS, PLACE, sealed)).toEqual({ kind: "opened", text });
      }),
    );
  });

  it("is another text each time", async () => {
    const sealed = await Promise.all(Array.from({ length: 100 }, () => seal(KEYS, PLACE, "whsec_1")));
    expect(new Set(sealed).size).toBe(100);
    for (const one of sealed) expect(one).not.toContain("whsec_");
  });

  it.each<Partial<SealedPlace>>([
    { tenantId: "other" },
    { table: "endpoints" },
    { column: "signing_key" },
    { id: "2" },
    { tenantId: 'acme","signing_secrets', table: "secret" },
  ])("does not open elsewhere: %j", async (elsewhere) => {
    const sealed = await seal(KEYS, PLACE, "whsec_1");
    expect(await open(KEYS, { ...PLACE, ...elsewhere }, sealed)).toEqual({ kind: "damaged" });
  });

  it("is damaged when any of its characters is another, or some are missing", async () => {
    const sealed = await seal(KEYS, PLACE, "whsec_1");
    for (let at = 0; at < sealed.length; at++) {
      const other = String.fromCharCode(sealed.charCodeAt(at) ^ 1);
      const changed = await open(KEYS, PLACE, sealed.slice(0, at) + other + sealed.slice(at + 1));
      expect(changed.kind).toMatch(/^(damaged|unknown_key)$/);
      expect((await open(KEYS, PLACE, sealed.slice(0, at))).kind).toMatch(/^(damaged|unknown_key)$/);
    }
  });

  it("is damaged, and does not throw, whatever it is instead", async () => {
    const texts = fc.oneof(
      fc.string(),
      fc.base64String().map((text) => `sealed.v1.old.${text}`),
    );
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        expect(await open(KEYS, PLACE, text)).toEqual({ kind: "damaged" });
      }),
    );
  });
});

describe("the rotation of the secret keys", () => {
  it("seals with the first key, and opens with any", async () => {
    const before = await seal(KEYS, PLACE, "whsec_1");
    const both = secretKeys(`${NEW},${OLD}`);
    const after = await seal(both, PLACE, "whsec_1");
    expect(after).toMatch(/^sealed\.v1\.new\./);
    for (const sealed of [before, after]) expect(await open(both, PLACE, sealed)).toMatchObject({ text: "whsec_1" });
  });

  it("names the key that is missing", async () => {
    const sealed = await seal(KEYS, PLACE, "whsec_1");
    expect(await open(secretKeys(NEW), PLACE, sealed)).toEqual({ kind: "unknown_key", keyId: "old" });
  });

  it("does not open with another key of the same id", async () => {
    const sealed = await seal(KEYS, PLACE, "whsec_1");
    expect(await open(secretKeys(keyText("old", 3)), PLACE, sealed)).toEqual({ kind: "damaged" });
  });
});
