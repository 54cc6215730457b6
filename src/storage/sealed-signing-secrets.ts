import type { SealedPlace } from "../protocol/sealed-secret.ts";
import type { SecretKeys } from "../protocol/secret-keys.ts";
import { newSigningKey, newSigningSecret } from "../protocol/webhook-signature.ts";
import { openStored, storedSecret } from "./stored-secret.ts";

/** A secret and a key pair as they are stored: sealed, or in clear text. Times are milliseconds since the epoch. */
export interface StoredSigningSecret {
  readonly id: string;
  readonly storedSecret: string;
  readonly storedKey: string | null;
  readonly createdAt: number;
  /** Null for the newest alone: the others end, each at its time. */
  readonly expiresAt: number | null;
}

/** A secret that signs a tenant's deliveries, and the key pair beside it. */
export interface SigningSecret extends Pick<StoredSigningSecret, "id" | "createdAt" | "expiresAt"> {
  /** `whsec_` and the key in base64. */
  readonly secret: string;
  /** `whsk_` and the pair in base64; null for a secret of a version that made none. */
  readonly signingKey: string | null;
}

/** A new secret with its key pair, to be stored. */
export async function makeSigningSecret(
  keys: SecretKeys | null,
  tenantId: string,
  id: string,
): Promise<Pick<StoredSigningSecret, "id" | "storedSecret" | "storedKey">> {
  return {
    id,
    storedSecret: await storedSecret(keys, placeOf(tenantId, id, "secret"), newSigningSecret()),
    storedKey: await storedSecret(keys, placeOf(tenantId, id, "signing_key"), await newSigningKey()),
  };
}

/**
 * A tenant's secrets in clear text.
 * @throws SluiceError as `openStored`, when one of them cannot be opened
 */
export function openSigningSecrets(
  keys: SecretKeys | null,
  tenantId: string,
  stored: readonly StoredSigningSecret[],
): Promise<SigningSecret[]> {
  return Promise.all(
    stored.map(async ({ id, storedSecret, storedKey, createdAt, expiresAt }) => ({
      id,
      secret: await openStored(keys, placeOf(tenantId, id, "secret"), storedSecret),
      signingKey: storedKey && (await openStored(keys, placeOf(tenantId, id, "signing_key"), storedKey)),
      createdAt,
      expiresAt,
    })),
  );
}

function placeOf(tenantId: string, id: string, column: "secret" | "signing_key"): SealedPlace {
  return { tenantId, table: "signing_secrets", column, id };
}
