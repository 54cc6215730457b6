import { RetryError } from "../domain/outcome.ts";
import { log } from "../log.ts";
import type { SecretKeys } from "../protocol/secret-keys.ts";
import { openSigningSecrets, type SigningSecret } from "../storage/sealed-signing-secrets.ts";
import { readSigningSecrets } from "../storage/signing-secrets.ts";

const MOST_CACHED = 1_000;

interface Cached {
  readonly secrets: readonly SigningSecret[];
  readonly until: number;
}

/** What this isolate knows of tenants' secrets: values only, since requests must not share promises. */
const known = new Map<string, Cached>();

/** Where secrets are read, and what they are opened with. */
export interface SecretSource {
  readonly db: D1Database;
  readonly keys: SecretKeys | null;
}

/**
 * Finds what signs for a tenant, newest first, without asking D1 for each job: its secrets, then its signing keys.
 * @param cacheMs how old what is known may be. One that has expired in the meantime does not sign.
 */
export function signingSecretCache(
  source: SecretSource,
  cacheMs: number,
): (tenantId: string) => Promise<readonly string[]> {
  return async (tenantId) => {
    const cached = known.get(tenantId);
    const secrets = cached && cached.until > Date.now() ? cached.secrets : await refresh(source, tenantId, cacheMs);
    const now = Date.now();
    const signing = secrets.filter(({ expiresAt }) => expiresAt === null || expiresAt > now);
    return [...signing.map(({ secret }) => secret), ...signing.flatMap(({ signingKey }) => signingKey ?? [])];
  };
}

async function refresh(source: SecretSource, tenantId: string, cacheMs: number): Promise<readonly SigningSecret[]> {
  const now = Date.now();
  const secrets = await read(source, tenantId, now);
  known.delete(tenantId);
  if (known.size >= MOST_CACHED) known.delete(known.keys().next().value ?? "");
  known.set(tenantId, { secrets, until: now + cacheMs });
  return secrets;
}

async function read({ db, keys }: SecretSource, tenantId: string, now: number): Promise<readonly SigningSecret[]> {
  try {
    return await openSigningSecrets(keys, tenantId, await readSigningSecrets(db, keys, tenantId, now));
  } catch (cause) {
    log.warn("signing secrets cannot be read", { tenantId, error: cause });
    throw new RetryError("the signing secrets cannot be read at the moment", { cause });
  }
}
