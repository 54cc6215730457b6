import type { SealedPlace } from "../protocol/sealed-secret.ts";
import { requireSecretKeys, type SecretKeys } from "../protocol/secret-keys.ts";
import type { StoredEndpoint } from "../storage/endpoints.ts";
import { openStored, storedSecret } from "../storage/stored-secret.ts";

/** An endpoint's secret, and the one before it, while that is still valid. */
export type EndpointSecrets = readonly [secret: string, ...previous: string[]];

type Place = Pick<StoredEndpoint, "tenantId" | "id">;

/**
 * The secrets as they are stored.
 * @throws SluiceError `not_configured` when the deployment has no secret keys: these are never stored in clear text
 */
export function sealEndpointSecrets(keys: SecretKeys | null, place: Place, secrets: EndpointSecrets): Promise<string> {
  const required = requireSecretKeys(keys, "An endpoint's secret is stored sealed, and");
  return storedSecret(required, sealedPlace(place), JSON.stringify(secrets));
}

/**
 * The secrets that are valid at a time.
 * @param now milliseconds since the epoch
 * @throws SluiceError as `openStored`
 */
export async function openEndpointSecrets(
  keys: SecretKeys | null,
  endpoint: Place & Pick<StoredEndpoint, "secrets" | "previousUntil">,
  now: number,
): Promise<EndpointSecrets> {
  const text = await openStored(keys, sealedPlace(endpoint), endpoint.secrets);
  const [secret, previous] = JSON.parse(text) as [string, string?];
  const overlaps = previous !== undefined && endpoint.previousUntil !== null && endpoint.previousUntil > now;
  return overlaps ? [secret, previous] : [secret];
}

function sealedPlace({ tenantId, id }: Place): SealedPlace {
  return { tenantId, table: "endpoints", column: "secrets", id };
}
