import { isSealed, open, type SealedPlace, seal } from "../protocol/sealed-secret.ts";
import { requireSecretKeys, type SecretKeys } from "../protocol/secret-keys.ts";
import { SluiceError } from "../protocol/sluice-error.ts";

/** A secret as it is to be stored: sealed; in clear text when the deployment has no secret keys. */
export async function storedSecret(keys: SecretKeys | null, place: SealedPlace, secret: string): Promise<string> {
  return keys === null ? secret : seal(keys, place, secret);
}

/**
 * A stored secret in clear text.
 * @throws SluiceError `not_configured` when the deployment does not have the key, `internal_error` when it is damaged
 */
export async function openStored(keys: SecretKeys | null, place: SealedPlace, stored: string): Promise<string> {
  if (!isSealed(stored)) return stored;
  const what = `The secret ${place.id} in ${place.table}`;
  const opened = await open(requireSecretKeys(keys, `${what} is sealed, and`), place, stored);
  switch (opened.kind) {
    case "opened":
      return opened.text;
    case "unknown_key": {
      const missing = `the key "${opened.keyId}", which SLUICE_SECRET_KEYS does not have: add it again`;
      throw new SluiceError("not_configured", `${what} is sealed with ${missing}`);
    }
    case "damaged":
      throw new SluiceError("internal_error", `${what} is damaged: it cannot be opened`);
  }
}
