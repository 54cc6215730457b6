import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { newJobId } from "../../src/protocol/new-job-id.ts";
import { openSigningSecrets, type StoredSigningSecret } from "../../src/storage/sealed-signing-secrets.ts";
import { readSigningSecrets, rotateSigningSecrets } from "../../src/storage/signing-secrets.ts";
import { meterD1 } from "../support/metered-d1.ts";
import { TEST_KEYS } from "../support/secret-keys.ts";
import { createTenant } from "../support/tenants.ts";

const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;

const newTenant = async () => (await createTenant()).id;

const open = (tenantId: string, stored: readonly StoredSigningSecret[]) =>
  openSigningSecrets(TEST_KEYS, tenantId, stored);

const read = async (tenantId: string, now = NOW) =>
  open(tenantId, await readSigningSecrets(env.DB, TEST_KEYS, tenantId, now));

const rotate = async (tenantId: string, overlapMs: number, now = NOW, id = newJobId()) => {
  const { rotated, secrets } = await rotateSigningSecrets(env.DB, TEST_KEYS, tenantId, { id, now, overlapMs });
  return { rotated, secrets: await open(tenantId, secrets) };
};

/** Every row of the tenant, expired ones too. */
async function rowsOf(tenantId: string): Promise<{ id: string; expires_at: number | null }[]> {
  const { results } = await env.DB.prepare("SELECT * FROM signing_secrets WHERE tenant_id = ?1 ORDER BY id")
    .bind(tenantId)
    .all<{ id: string; expires_at: number | null }>();
  return results;
}

const ends = (secrets: readonly { readonly expiresAt: number | null }[]) => secrets.map(({ expiresAt }) => expiresAt);

/** D1 that begins no batch before so many callers have come to theirs. */
function meetingAtBatch(callers: number): D1Database {
  let come = 0;
  const met = Promise.withResolvers<void>();
  const batch = async (statements: D1PreparedStatement[]) => {
    if (++come === callers) met.resolve();
    await met.promise;
    return env.DB.batch(statements);
  };
  return { prepare: (sql: string) => env.DB.prepare(sql), batch } as unknown as D1Database;
}

describe("a tenant's signing secrets", () => {
  it("begin with one that does not expire, made when they are first read", async () => {
    const tenantId = await newTenant();
    const secrets = await read(tenantId);
    expect(secrets).toEqual([
      {
        id: expect.any(String),
        secret: expect.stringMatching(/^whsec_/),
        signingKey: expect.stringMatching(/^whsk_/),
        createdAt: NOW,
        expiresAt: null,
      },
    ]);
    expect(await read(tenantId, NOW + 1_000 * HOUR)).toEqual(secrets);
  });

  it("are one and the same for all who find none at the same time", async () => {
    const tenantId = await newTenant();
    const db = meetingAtBatch(10);
    const found = await Promise.all(Array.from({ length: 10 }, () => readSigningSecrets(db, TEST_KEYS, tenantId, NOW)));
    expect(await rowsOf(tenantId)).toHaveLength(1);
    for (const secrets of found) expect(secrets).toEqual(found[0]);
  });

  it("are another tenant's in no way", async () => {
    const [one, other] = [await newTenant(), await newTenant()];
    const [ofOne, ofOther] = [await read(one), await read(other)];
    expect(ofOne[0]?.secret).not.toBe(ofOther[0]?.secret);
    await rotate(one, 0);
    expect(await read(other)).toEqual(ofOther);
  });
});

describe("a rotation", () => {
  it("puts a new secret first, and ends the old one after the overlap", async () => {
    const tenantId = await newTenant();
    const [old] = await read(tenantId);
    const id = newJobId();
    const { rotated, secrets } = await rotate(tenantId, HOUR, NOW + 1, id);
    expect(rotated).toBe(true);
    expect(secrets).toMatchObject([
      { id, createdAt: NOW + 1, expiresAt: null },
      { id: old!.id, secret: old!.secret, expiresAt: NOW + 1 + HOUR },
    ]);
    expect(await read(tenantId, NOW + HOUR)).toEqual(secrets);
    expect(await read(tenantId, NOW + 1 + HOUR)).toEqual(secrets.slice(0, 1));
  });

  it("ends the old ones at once without an overlap, and keeps them no longer", async () => {
    const tenantId = await newTenant();
    await rotate(tenantId, HOUR);
    await rotate(tenantId, HOUR);
    const { secrets } = await rotate(tenantId, 0);
    expect(secrets).toHaveLength(1);
    expect(await rowsOf(tenantId)).toMatchObject([{ id: secrets[0]!.id, expires_at: null }]);
  });

  it("makes the first secret when there is none", async () => {
    expect((await rotate(await newTenant(), HOUR)).secrets).toMatchObject([{ expiresAt: null }]);
  });

  it("brings the end of an older secret forward, but never puts it off", async () => {
    const tenantId = await newTenant();
    await read(tenantId);
    await rotate(tenantId, 2 * HOUR);
    expect(ends((await rotate(tenantId, 5 * HOUR)).secrets)).toEqual([null, NOW + 5 * HOUR, NOW + 2 * HOUR]);
    expect(ends((await rotate(tenantId, HOUR)).secrets)).toEqual([null, NOW + HOUR, NOW + HOUR, NOW + HOUR]);
  });

  it("is refused beyond five secrets, and has then changed nothing", async () => {
    const tenantId = await newTenant();
    for (const hours of [1, 2, 3, 4, 5]) expect((await rotate(tenantId, hours * HOUR)).rotated).toBe(true);
    const before = await rowsOf(tenantId);
    expect(before).toHaveLength(5);
    const refused = await rotate(tenantId, 1);
    expect(refused.rotated).toBe(false);
    expect(ends(refused.secrets)).toEqual([null, NOW + 5 * HOUR, NOW + 4 * HOUR, NOW + 3 * HOUR, NOW + 2 * HOUR]);
    expect(await rowsOf(tenantId)).toEqual(before);
  });

  it("passes with five when one of them has ended, or all of them are to end now", async () => {
    const [waited, hurried] = [await newTenant(), await newTenant()];
    for (const tenantId of [waited, hurried]) {
      for (const hours of [1, 2, 3, 4, 5]) await rotate(tenantId, hours * HOUR);
    }
    expect(await rotate(waited, HOUR, NOW + 2 * HOUR)).toMatchObject({ rotated: true });
    expect(await rowsOf(waited)).toHaveLength(5);
    expect(await rotate(hurried, 0)).toMatchObject({ rotated: true });
    expect(await rowsOf(hurried)).toHaveLength(1);
  });

  it("is made once, however often it is repeated with its id", async () => {
    const tenantId = await newTenant();
    await read(tenantId);
    const id = newJobId();
    const first = await rotate(tenantId, HOUR, NOW, id);
    expect(await rotate(tenantId, 0, NOW + 1, id)).toEqual(first);
    expect(await rowsOf(tenantId)).toHaveLength(2);
  });

  it("leaves one secret without an end when there are two of them at once", async () => {
    const tenantId = await newTenant();
    await read(tenantId);
    const db = meetingAtBatch(2);
    const rotation = () => ({ id: newJobId(), now: NOW, overlapMs: HOUR });
    await Promise.all([rotation(), rotation()].map((each) => rotateSigningSecrets(db, TEST_KEYS, tenantId, each)));
    expect(ends(await read(tenantId))).toEqual([null, NOW + HOUR, NOW + HOUR]);
  });

  it("is refused to one of two who would make the fifth at once", async () => {
    const tenantId = await newTenant();
    for (let made = 0; made < 4; made++) await rotate(tenantId, HOUR);
    const db = meetingAtBatch(2);
    const rotation = () => ({ id: newJobId(), now: NOW, overlapMs: HOUR });
    const both = await Promise.all(
      [rotation(), rotation()].map((each) => rotateSigningSecrets(db, TEST_KEYS, tenantId, each)),
    );
    expect(both.filter(({ rotated }) => rotated)).toHaveLength(1);
    expect(await rowsOf(tenantId)).toHaveLength(5);
  });
});

describe("rows read and written beside 50,000 secrets of 10,000 other tenants", () => {
  beforeAll(async () => {
    await env.DB.prepare(
      `INSERT INTO signing_secrets (tenant_id, id, secret, created_at, expires_at)
       WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 49999)
       SELECT printf('tenant-%05d', i / 5), i, 'whsec_', ?1, iif(i % 5 = 0, NULL, ?1 + i % 5) FROM n`,
    )
      .bind(NOW)
      .run();
  });

  it("are few: none beyond the tenant's own", async () => {
    const tenantId = await newTenant();
    const expectCost = async (run: (db: D1Database) => Promise<unknown>, written: number, mostRead: number) => {
      const meter = meterD1(env.DB);
      await run(meter.db);
      expect(meter.total().written).toBe(written);
      expect(meter.total().read).toBeLessThanOrEqual(mostRead);
    };
    const reading = (db: D1Database) => readSigningSecrets(db, TEST_KEYS, tenantId, NOW);
    const rotating = (overlapMs: number) => (db: D1Database) =>
      rotateSigningSecrets(db, TEST_KEYS, tenantId, { id: newJobId(), now: NOW, overlapMs });
    await expectCost(reading, 1, 5);
    await expectCost(reading, 0, 3);
    for (const secrets of [2, 3, 4, 5]) {
      // The new one, and the one that ends.
      await expectCost(rotating(HOUR), 2, 40);
      await expectCost(reading, 0, 2 * secrets + 1);
    }
    await expectCost(rotating(HOUR), 0, 40);
    // Five end, five are removed, one is new.
    await expectCost(rotating(0), 11, 40);
  });
});
