import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { newJobId } from "../../src/protocol/new-job-id.ts";
import type { SecretKeys } from "../../src/protocol/secret-keys.ts";
import { openSigningSecrets } from "../../src/storage/sealed-signing-secrets.ts";
import { readSigningSecrets, rotateSigningSecrets } from "../../src/storage/signing-secrets.ts";
import { keyText, secretKeys, TEST_KEYS } from "../support/secret-keys.ts";
import { createTenant } from "../support/tenants.ts";

const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;

const newTenant = async () => (await createTenant()).id;

interface Row {
  readonly id: string;
  readonly secret: string;
  readonly signing_key: string | null;
}

/** What is stored of a tenant, newest first. */
async function rowsOf(tenantId: string): Promise<Row[]> {
  const { results } = await env.DB.prepare(
    "SELECT id, secret, signing_key FROM signing_secrets WHERE tenant_id = ?1 ORDER BY created_at DESC, id DESC",
  )
    .bind(tenantId)
    .all<Row>();
  return results;
}

const read = async (tenantId: string, keys: SecretKeys | null) =>
  openSigningSecrets(keys, tenantId, await readSigningSecrets(env.DB, keys, tenantId, NOW));

const rotate = async (tenantId: string, keys: SecretKeys | null, overlapMs = HOUR) => {
  const rotation = { id: newJobId(), now: NOW + 1, overlapMs };
  return openSigningSecrets(keys, tenantId, (await rotateSigningSecrets(env.DB, keys, tenantId, rotation)).secrets);
};

/** As a version has stored it that knew neither seals nor key pairs. */
async function storeAsBefore(tenantId: string, secret: string): Promise<void> {
  await env.DB.prepare("INSERT INTO signing_secrets (tenant_id, id, secret, created_at) VALUES (?1, ?2, ?3, ?4)")
    .bind(tenantId, newJobId(), secret, NOW)
    .run();
}

describe("stored signing secrets", () => {
  it("are sealed, the first one and each new one", async () => {
    const tenantId = await newTenant();
    await read(tenantId, TEST_KEYS);
    await rotate(tenantId, TEST_KEYS);
    const rows = await rowsOf(tenantId);
    expect(rows).toHaveLength(2);
    for (const { secret, signing_key } of rows) {
      expect(secret).toMatch(/^sealed\.v1\.test\.[\w-]+$/);
      expect(signing_key).toMatch(/^sealed\.v1\.test\.[\w-]+$/);
    }
  });

  it("are in clear text when the deployment has no keys, and sign as well", async () => {
    const tenantId = await newTenant();
    const [secret] = await read(tenantId, null);
    expect(await rowsOf(tenantId)).toEqual([
      { id: secret!.id, secret: secret!.secret, signing_key: secret!.signingKey },
    ]);
    expect(secret).toMatchObject({
      secret: expect.stringMatching(/^whsec_/),
      signingKey: expect.stringMatching(/^whsk_/),
    });
  });

  it("are read as the version before has stored them, and are sealed with the next rotation", async () => {
    const tenantId = await newTenant();
    await storeAsBefore(tenantId, "whsec_bWluZQ==");
    const before = { secret: "whsec_bWluZQ==", signingKey: null };
    expect(await read(tenantId, TEST_KEYS)).toMatchObject([before]);
    const [next, old] = await rotate(tenantId, TEST_KEYS);
    expect(old).toMatchObject(before);
    expect(next?.signingKey).toMatch(/^whsk_/);
    expect((await rowsOf(tenantId))[0]?.secret).toMatch(/^sealed/);
  });

  it("open with a key that was first before", async () => {
    const tenantId = await newTenant();
    const secrets = await read(tenantId, TEST_KEYS);
    const rotated = secretKeys(`${keyText("next", 2)},${keyText("test", 1)}`);
    expect(await read(tenantId, rotated)).toEqual(secrets);
    expect((await rotate(tenantId, rotated))[1]).toMatchObject({ secret: secrets[0]!.secret });
    expect((await rowsOf(tenantId)).map(({ secret }) => secret.split(".")[2])).toEqual(["next", "test"]);
  });

  it("say which key they need when it is gone, and that keys are needed when there are none", async () => {
    const tenantId = await newTenant();
    const [{ id } = { id: "" }] = await read(tenantId, TEST_KEYS);
    await expect(read(tenantId, secretKeys(keyText("next", 2)))).rejects.toMatchObject({
      code: "not_configured",
      message: `The secret ${id} in signing_secrets is sealed with the key "test", which SLUICE_SECRET_KEYS does not have: add it again`,
    });
    await expect(read(tenantId, null)).rejects.toMatchObject({
      code: "not_configured",
      message: expect.stringContaining("is sealed, and needs SLUICE_SECRET_KEYS, which is not set: "),
    });
  });

  it("do not open in another row, nor in each other's column", async () => {
    const [tenantId, other] = [await newTenant(), await newTenant()];
    await read(tenantId, TEST_KEYS);
    await read(other, TEST_KEYS);
    const [[own], [foreign]] = [await rowsOf(tenantId), await rowsOf(other)];
    const put = (column: "secret" | "signing_key", value: string | null) =>
      env.DB.prepare(`UPDATE signing_secrets SET ${column} = ?2 WHERE tenant_id = ?1`).bind(tenantId, value).run();
    const damaged = { code: "internal_error", message: expect.stringMatching(/is damaged: it cannot be opened$/) };
    for (const [column, value] of [
      ["secret", foreign!.secret],
      ["signing_key", foreign!.signing_key],
      ["secret", own!.signing_key],
      ["signing_key", own!.secret],
    ] as const) {
      await put(column, value);
      await expect(read(tenantId, TEST_KEYS)).rejects.toMatchObject(damaged);
      await put(column, own![column]);
    }
    expect(await read(tenantId, TEST_KEYS)).toHaveLength(1);
  });
});
