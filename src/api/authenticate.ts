import { createMiddleware } from "hono/factory";
import { readConfig } from "../config.ts";
import type { Grant } from "../domain/grant.ts";
import type { SluiceEnv } from "../env.ts";
import { isApiKey } from "../protocol/api-key.ts";
import { sha256 } from "../protocol/sha256.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import { findKeyOwner, type KeyOwner } from "../storage/api-keys.ts";
import { guardD1 } from "../storage/guarded-d1.ts";
import { forgetTenant, rememberTenant } from "./known-tenants.ts";
import { readGrant } from "./read-tokens.ts";

/** Who calls, and what the key allows. */
export interface Caller {
  readonly tenantId: string;
  readonly keyId: string;
  readonly grant: Grant;
  /** The tenant's own limit; null: the deployment's. */
  readonly maxPayloadBytes: number | null;
  /** Set for an end user with a read token: this job may be read, and nothing else done. */
  readonly readsJob: string | null;
}

const BEARER = /^Bearer +(\S+)$/i;
const MOST_CACHED = 10_000;

/** What this isolate knows of keys: values only, since requests must not share promises. */
const owners = new Map<string, { readonly owner: KeyOwner; readonly until: number }>();

/** Finds out whose key a request carries, and sets `caller`. What the key allows is for each route to ask. */
export const authenticate = createMiddleware<{ Bindings: SluiceEnv; Variables: { caller: Caller } }>(
  async (c, next) => {
    const key = BEARER.exec(c.req.header("Authorization") ?? "")?.[1];
    if (key?.startsWith("slr_")) {
      c.set("caller", await readerWith(c.env, key));
      return next();
    }
    if (key === undefined || !isApiKey(key)) {
      throw unauthorized("There is no API key in `Authorization: Bearer slk_…`");
    }
    const { tenantId, keyId, grant, maxPayloadBytes, ...owner } = await ownerOf(c.env, await sha256(key));
    // With the clock of this very call: an end that was set before counts to the millisecond, cached or not.
    const now = Date.now();
    if (owner.revokedAt !== null && owner.revokedAt <= now) throw invalid("The API key was revoked");
    if (grant.expiresAt !== null && grant.expiresAt <= now) throw invalid("The API key has expired");
    if (owner.suspendedAt !== null) throw new SluiceError("tenant_suspended", `Tenant ${tenantId} is suspended`);
    c.set("caller", { tenantId, keyId, grant, maxPayloadBytes, readsJob: null });
    await next();
  },
);

async function readerWith(env: SluiceEnv, token: string): Promise<Caller> {
  const read = await readGrant(env, token);
  if (read === "invalid") throw invalid("The read token is not known");
  if (read === "expired") throw invalid("The read token has expired");
  const { tenantId, jobId, expiresAt } = read;
  const grant = { scopes: [], types: null, expiresAt };
  return { tenantId, keyId: "", grant, maxPayloadBytes: null, readsJob: jobId };
}

/** Forgets a tenant, and all of its keys, that were changed here: other isolates learn of it when their time is over. */
export function forgetKeysOf(tenantId: string): void {
  forgetTenant(tenantId);
  for (const [hash, { owner }] of owners) if (owner.tenantId === tenantId) owners.delete(hash);
}

async function ownerOf(env: SluiceEnv, hash: string): Promise<KeyOwner> {
  const now = Date.now();
  const cached = owners.get(hash);
  if (cached && cached.until > now) return cached.owner;
  owners.delete(hash);
  const owner = await readOwner(guardD1(env.DB, readConfig(env).readDeadlineMs), hash);
  if (owner === null) throw invalid("The API key is not known, or no longer valid");
  if (owners.size >= MOST_CACHED) owners.delete(owners.keys().next().value ?? "");
  // From before the reading: what changes meanwhile is not trusted any longer than the rest.
  owners.set(hash, { owner, until: now + readConfig(env).keyCacheMs });
  rememberTenant(owner.tenantId, owner);
  return owner;
}

async function readOwner(db: D1Database, hash: string): Promise<KeyOwner | null> {
  try {
    return await findKeyOwner(db, hash);
  } catch (cause) {
    throw new SluiceError("storage_unavailable", "The key cannot be looked up", { retryAfterMs: 1_000, cause });
  }
}

function invalid(detail: string): SluiceError {
  return unauthorized(detail, ', error="invalid_token"');
}

// RFC 6750 §3: no error code when no key was sent.
function unauthorized(detail: string, error = ""): SluiceError {
  return new SluiceError("unauthorized", detail, { headers: { "WWW-Authenticate": `Bearer realm="sluice"${error}` } });
}
