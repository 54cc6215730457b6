import { Hono } from "hono";
import { readConfig } from "../../config.ts";
import { durationMs } from "../../domain/duration.ts";
import { newJobId } from "../../protocol/new-job-id.ts";
import type { SigningSecretList } from "../../protocol/signing-secret-view.ts";
import { rotateRequestSchema } from "../../protocol/signing-secrets.ts";
import { SluiceError } from "../../protocol/sluice-error.ts";
import { publicKeyOf } from "../../protocol/webhook-signature.ts";
import {
  openSigningSecrets,
  type SigningSecret,
  type StoredSigningSecret,
} from "../../storage/sealed-signing-secrets.ts";
import {
  findSigningSecrets,
  MOST_SIGNING_SECRETS,
  readSigningSecrets,
  rotateSigningSecrets,
} from "../../storage/signing-secrets.ts";
import { checkedRequest } from "../checked-request.ts";
import { type TenantRouteEnv } from "../deployment-of.ts";
import { requires } from "../guards.ts";
import { inStorage } from "../in-storage.ts";
import { methodNotAllowed } from "../method-not-allowed.ts";
import { parameters } from "../parameters.ts";
import { hasBody, readJson } from "../read-json.ts";

const MOST_BODY_BYTES = 1_024;
const NOT_KEPT = { "Cache-Control": "no-store" };

export const signingSecretRoutes = new Hono<TenantRouteEnv>()
  .get("/", requires("manage"), parameters(), async (c) => {
    const [tenantId, { secretKeys }] = [c.get("tenantId"), readConfig(c.env)];
    const stored = await inStorage(c.env, (db) => readSigningSecrets(db, secretKeys, tenantId, Date.now()));
    return c.json(listOf(await openSigningSecrets(secretKeys, tenantId, stored)), 200, NOT_KEPT);
  })
  .all("/", methodNotAllowed("GET"))
  .post("/rotate", requires("manage"), parameters(), async (c) => {
    const { overlap, id = newJobId() } = checkedRequest(
      rotateRequestSchema,
      hasBody(c) ? await readJson(c, MOST_BODY_BYTES) : {},
    );
    const [tenantId, { secretKeys }] = [c.get("tenantId"), readConfig(c.env)];
    const rotation = { id, now: Date.now(), overlapMs: durationMs(overlap) };
    // What cannot be opened cannot go on signing: then nothing changes, unless it is to end.
    if (rotation.overlapMs > 0) {
      const before = await inStorage(c.env, (db) => findSigningSecrets(db, tenantId, rotation.now));
      await openSigningSecrets(secretKeys, tenantId, before);
    }
    const { rotated, secrets } = await inStorage(c.env, (db) =>
      rotateSigningSecrets(db, secretKeys, tenantId, rotation),
    );
    if (!rotated) throw tooMany(secrets);
    return c.json(listOf(await openSigningSecrets(secretKeys, tenantId, secrets)), 201, NOT_KEPT);
  })
  .all("/rotate", methodNotAllowed("POST"));

function tooMany(secrets: readonly StoredSigningSecret[]): SluiceError {
  const nextEnd = Math.min(...secrets.map(({ expiresAt }) => expiresAt ?? Number.POSITIVE_INFINITY));
  return new SluiceError(
    "too_many_signing_secrets",
    `${secrets.length} secrets sign already; the next of them ends at ${new Date(nextEnd).toISOString()}`,
    { limit: { name: "signing_secrets", max: MOST_SIGNING_SECRETS, current: secrets.length } },
  );
}

function listOf(secrets: readonly SigningSecret[]): SigningSecretList {
  const time = (milliseconds: number) => new Date(milliseconds).toISOString();
  return {
    data: secrets.map(({ id, secret, signingKey, createdAt, expiresAt }) => ({
      id,
      secret,
      publicKey: signingKey && publicKeyOf(signingKey),
      createdAt: time(createdAt),
      expiresAt: expiresAt === null ? null : time(expiresAt),
    })),
  };
}
