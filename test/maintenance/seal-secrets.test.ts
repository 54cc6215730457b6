import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { SluiceEnv } from "../../src/env.ts";
import { sealSecrets } from "../../src/maintenance/seal-secrets.ts";
import { newSigningSecret } from "../../src/protocol/webhook-signature.ts";
import { openSigningSecrets } from "../../src/storage/sealed-signing-secrets.ts";
import { findSigningSecrets, readSigningSecrets } from "../../src/storage/signing-secrets.ts";
import { meterD1 } from "../support/metered-d1.ts";
import { keyText, secretKeys } from "../support/secret-keys.ts";

const HOUR = 3_600_000;
const NOW = 1_800_000_000_000;
const OLD = keyText("old", 5);
const NEXT = keyText("next", 6);
const BOTH = secretKeys(`${NEXT},${OLD}`);

let now = NOW;

/** One tick of a deployment with these keys. */
const tick = (setting: string, db = env.DB) =>
  sealSecrets({ ...env, DB: db, SLUICE_SECRET_KEYS: setting } as SluiceEnv, now);

/** The key ids that a table is sealed with; "plain" for what is in clear text. */
async function sealedWith(): Promise<string[]> {
  const { results } = await env.DB.prepare("SELECT secret, signing_key FROM signing_secrets").all<{
    secret: string;
    signing_key: string | null;
  }>();
  const ids = results.flatMap(({ secret, signing_key }) => [secret, signing_key ?? []].flat());
  return [...new Set(ids.map((text) => (text.startsWith("sealed.") ? text.split(".")[2]! : "plain")))].toSorted();
}

const storePlain = (tenantId: string, secret: string) =>
  env.DB.prepare("INSERT INTO signing_secrets (tenant_id, id, secret, created_at) VALUES (?1, 'only', ?2, 0)")
    .bind(tenantId, secret)
    .run();

beforeEach(async () => {
  now += 2 * HOUR;
  await env.DB.prepare("DELETE FROM signing_secrets").run();
});

afterEach(() => {
  vi.restoreAllMocks();
});

it("seals what is in clear text, and what another key has sealed, with the first key", async () => {
  const plain = newSigningSecret();
  await storePlain("plain", plain);
  const sealed = await readSigningSecrets(env.DB, secretKeys(OLD), "sealed", now);
  const before = await openSigningSecrets(secretKeys(OLD), "sealed", sealed);
  expect(await sealedWith()).toEqual(["old", "plain"]);
  await tick(`${NEXT},${OLD}`);
  expect(await sealedWith()).toEqual(["next"]);
  const open = async (tenantId: string) =>
    openSigningSecrets(secretKeys(NEXT), tenantId, await findSigningSecrets(env.DB, tenantId, now));
  expect(await open("plain")).toMatchObject([{ secret: plain, signingKey: null }]);
  expect(await open("sealed")).toEqual(before);
});

it("writes nothing when all is sealed with the first key, and nothing without keys", async () => {
  await storePlain("plain", newSigningSecret());
  await readSigningSecrets(env.DB, BOTH, "sealed", now);
  await tick("");
  expect(await sealedWith()).toEqual(["next", "plain"]);
  await tick(`${NEXT},${OLD}`);
  now += 2 * HOUR;
  const meter = meterD1(env.DB);
  await tick(`${NEXT},${OLD}`, meter.db);
  expect(meter.costs.filter(({ sql, written }) => written > 0 && !sql.includes("chores"))).toEqual([]);
});

it("says what it cannot open, leaves it, and goes on with the rest", async () => {
  const logged = vi.spyOn(console, "error").mockReturnValue();
  await readSigningSecrets(env.DB, secretKeys(keyText("gone", 7)), "a", now);
  await storePlain("b", newSigningSecret());
  await tick(NEXT);
  expect(await sealedWith()).toEqual(["gone", "next"]);
  expect(logged).toHaveBeenCalledTimes(2);
  expect(logged).toHaveBeenCalledWith(expect.stringMatching(/"tenantId":"a".*the key \\"gone\\"/));
});

it("comes through a large table over several ticks, reading each row once", async () => {
  await env.DB.prepare(
    `INSERT INTO signing_secrets (tenant_id, id, secret, created_at)
     WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 1999)
     SELECT printf('tenant-%04d', i / 5), i % 5, 'whsec_', 0 FROM n`,
  ).run();
  const meter = meterD1(env.DB);
  await tick(NEXT, meter.db);
  expect(await sealedWith()).toEqual(["next", "plain"]);
  for (let minute = 1; minute <= 3; minute++) {
    now += 60_000;
    await tick(NEXT, meter.db);
  }
  expect(await sealedWith()).toEqual(["next"]);
  const looked = meter.costs.filter(({ sql }) => /^SELECT.*signing_secrets/s.test(sql));
  // Each row once for each of the two columns.
  expect(looked.reduce((total, { read }) => total + read, 0)).toBeLessThanOrEqual(2 * 2_000 + looked.length);
});
