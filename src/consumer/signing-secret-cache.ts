import { RetryError } from "../domain/outcome.ts";
import { log } from "../log.ts";
import { readSigningSecrets, type SigningSecret } from "../storage/signing-secrets.ts";

const MOST_CACHED = 1_000;

interface Cached {
  readonly secrets: readonly SigningSecret[];
  readonly until: number;
}

/** What this isolate knows of tenants' secrets: values only, since requests must not share promises. */
const known = new Map<string, Cached>();

/**
 * Finds the secrets that sign for a tenant, newest first, without asking D1 for each job.
 * @param cacheMs how old what is known may be. One that has expired in the meantime does not sign.
 */
export function signingSecretCache(db: D1Database, cacheMs: number): (tenantId: string) => Promise<readonly string[]> {
  return async (tenantId) => {
    const cached = known.get(tenantId);
    const secrets = cached && cached.until > Date.now() ? cached.secrets : await refresh(db, tenantId, cacheMs);
    const now = Date.now();
    return secrets.filter(({ expiresAt }) => expiresAt === null || expiresAt > now).map(({ secret }) => secret);
  };
}

async function refresh(db: D1Database, tenantId: string, cacheMs: number): Promise<readonly SigningSecret[]> {
  const now = Date.now();
  const secrets = await read(db, tenantId, now);
  known.delete(tenantId);
  if (known.size >= MOST_CACHED) known.delete(known.keys().next().value ?? "");
  known.set(tenantId, { secrets, until: now + cacheMs });
  return secrets;
}

async function read(db: D1Database, tenantId: string, now: number): Promise<readonly SigningSecret[]> {
  try {
    return await readSigningSecrets(db, tenantId, now);
  } catch (cause) {
    log.warn("signing secrets cannot be read", { tenantId, error: cause });
    throw new RetryError("the signing secrets cannot be read at the moment", { cause });
  }
}
