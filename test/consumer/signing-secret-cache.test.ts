import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { signingSecretCache } from "../../src/consumer/signing-secret-cache.ts";
import { newJobId } from "../../src/protocol/new-job-id.ts";
import { signWebhook } from "../../src/protocol/webhook-signature.ts";
import { openSigningSecrets, type StoredSigningSecret } from "../../src/storage/sealed-signing-secrets.ts";
import { readSigningSecrets, rotateSigningSecrets } from "../../src/storage/signing-secrets.ts";
import { verifies } from "../support/delivery.ts";
import { meterD1 } from "../support/metered-d1.ts";
import { TEST_KEYS } from "../support/secret-keys.ts";
import { createTenant } from "../support/tenants.ts";

const MINUTE = 60_000;
const HALF_A_MINUTE = 30_000;

const newTenant = async () => (await createTenant()).id;

/** What an isolate knows of secrets, and how often it has asked D1. */
function isolate(cacheMs = HALF_A_MINUTE) {
  const meter = meterD1(env.DB);
  return { secretsOf: signingSecretCache({ db: meter.db, keys: TEST_KEYS }, cacheMs), asked: () => meter.costs.length };
}

const open = (tenantId: string, stored: readonly StoredSigningSecret[]) =>
  openSigningSecrets(TEST_KEYS, tenantId, stored);

const read = async (tenantId: string) =>
  open(tenantId, await readSigningSecrets(env.DB, TEST_KEYS, tenantId, Date.now()));

const rotate = async (tenantId: string, overlapMs: number) => {
  const rotation = { id: newJobId(), now: Date.now(), overlapMs };
  return open(tenantId, (await rotateSigningSecrets(env.DB, TEST_KEYS, tenantId, rotation)).secrets);
};

/** What secrets sign with: first all that sign by HMAC, then all that sign by ed25519. */
const signing = (secrets: readonly { readonly secret: string; readonly signingKey: string | null }[]) => [
  ...secrets.map(({ secret }) => secret),
  ...secrets.flatMap(({ signingKey }) => signingKey ?? []),
];

/** Sets the clock; what is due meanwhile still comes by the real one. */
function at(now: number): void {
  vi.spyOn(Date, "now").mockReturnValue(now);
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the secrets that an isolate knows", () => {
  it("are read from D1 once, not for each job", async () => {
    const tenantId = await newTenant();
    const stored = await read(tenantId);
    const { secretsOf, asked } = isolate();
    for (let job = 0; job < 100; job++) expect(await secretsOf(tenantId)).toEqual(signing(stored));
    expect(asked()).toBe(1);
  });

  it("begin with the tenant's first, made by the first job that is signed", async () => {
    const tenantId = await newTenant();
    const secrets = await isolate().secretsOf(tenantId);
    expect(signing(await read(tenantId))).toEqual(secrets);
  });

  it("are read again once they are as old as they may be", async () => {
    const tenantId = await newTenant();
    const { secretsOf, asked } = isolate();
    const begun = Date.now();
    at(begun);
    await secretsOf(tenantId);
    const secrets = await rotate(tenantId, MINUTE);
    const before = asked();
    at(begun + HALF_A_MINUTE - 1);
    expect(await secretsOf(tenantId)).toHaveLength(2);
    expect(asked()).toBe(before);
    at(begun + HALF_A_MINUTE);
    expect(await secretsOf(tenantId)).toEqual(signing(secrets));
    expect(asked()).toBe(before + 1);
  });

  it("sign no longer than each is valid, though the isolate still knows them", async () => {
    const tenantId = await newTenant();
    const { secretsOf, asked } = isolate();
    const begun = Date.now();
    at(begun);
    await read(tenantId);
    const [fresh, old] = await rotate(tenantId, 10_000);
    const deliveryAt = async (now: number) => {
      at(now);
      return { body: "{}", headers: { ...(await signWebhook(await secretsOf(tenantId), "job-1", now, "{}")) } };
    };
    const during = await deliveryAt(begun + 9_999);
    expect([fresh, old].map((one) => verifies(during, one!.secret))).toEqual([true, true]);
    const before = asked();
    const after = await deliveryAt(begun + 10_000);
    expect([fresh, old].map((one) => verifies(after, one!.secret))).toEqual([true, false]);
    expect(asked()).toBe(before);
  });

  it("are each tenant's own", async () => {
    const [one, other] = [await newTenant(), await newTenant()];
    const { secretsOf } = isolate();
    const [ofOne, ofOther] = [await secretsOf(one), await secretsOf(other)];
    expect(ofOne).not.toEqual(ofOther);
    expect([await secretsOf(one), await secretsOf(other)]).toEqual([ofOne, ofOther]);
  });

  it("are of a thousand tenants at most: the one read longest ago is forgotten", async () => {
    const prefix = crypto.randomUUID();
    await env.DB.prepare(
      `INSERT INTO signing_secrets (tenant_id, id, secret, created_at)
       WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
       SELECT ?1 || '-' || i, 'only', 'whsec_', 0 FROM n`,
    )
      .bind(prefix)
      .run();
    const { secretsOf, asked } = isolate();
    const begun = Date.now();
    for (let tenant = 0; tenant < 1_000; tenant++) {
      at(tenant === 1 ? begun : begun + 1_000);
      await secretsOf(`${prefix}-${tenant}`);
    }
    const expectAsked = async (times: number, ...tenants: number[]) => {
      const before = asked();
      for (const tenant of tenants) await secretsOf(`${prefix}-${tenant}`);
      expect(asked() - before).toBe(times);
    };
    // One is read anew, and takes nobody's place.
    at(begun + HALF_A_MINUTE);
    await expectAsked(1, 1);
    await expectAsked(0, 0, 1, 2, 999);
    await expectAsked(1, 1_000);
    await expectAsked(0, 1, 2, 999, 1_000);
    await expectAsked(1, 0);
  });

  it("are not guessed when D1 is away: the attempt is to be made again", async () => {
    const tenantId = await newTenant();
    const logged = vi.spyOn(console, "warn").mockReturnValue();
    const prepare = () => {
      throw new Error("D1_ERROR: Network connection lost.");
    };
    const away = signingSecretCache({ db: { prepare } as unknown as D1Database, keys: TEST_KEYS }, HALF_A_MINUTE);
    await expect(away(tenantId)).rejects.toMatchObject({
      name: "RetryError",
      message: "the signing secrets cannot be read at the moment",
    });
    expect(logged).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("Network connection lost"));
    expect(await isolate().secretsOf(tenantId)).toHaveLength(2);
  });
});
