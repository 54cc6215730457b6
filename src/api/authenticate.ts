import { createMiddleware } from "hono/factory";
import { readConfig } from "../config.ts";
import type { SluiceEnv } from "../env.ts";
import { sha256 } from "../protocol/sha256.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import { guardD1 } from "../storage/guarded-d1.ts";
import { findKeyOwner } from "../storage/tenants.ts";

const BEARER = /^Bearer +(slk_[A-Za-z0-9_-]{16,128})$/i;
const MOST_CACHED = 10_000;

/** What this isolate knows of keys: values only, since requests must not share promises. */
const owners = new Map<string, { readonly tenantId: string; readonly until: number }>();

/** Finds out whose key a request carries, and sets `tenantId`. */
export const authenticate = createMiddleware<{ Bindings: SluiceEnv; Variables: { tenantId: string } }>(
  async (c, next) => {
    const secret = BEARER.exec(c.req.header("Authorization") ?? "")?.[1];
    if (secret === undefined) throw unauthorized("There is no API key in `Authorization: Bearer slk_…`");
    c.set("tenantId", await ownerOf(c.env, await sha256(secret)));
    await next();
  },
);

async function ownerOf(env: SluiceEnv, hash: string): Promise<string> {
  const config = readConfig(env);
  const cached = owners.get(hash);
  if (cached && cached.until > Date.now()) return cached.tenantId;
  owners.delete(hash);
  const owner = await readOwner(guardD1(env.DB, config.readDeadlineMs), hash);
  if (owner === null) throw unauthorized("The API key is not known, or no longer valid", ', error="invalid_token"');
  if (owners.size >= MOST_CACHED) owners.delete(owners.keys().next().value ?? "");
  owners.set(hash, { tenantId: owner.tenantId, until: Date.now() + config.keyCacheMs });
  return owner.tenantId;
}

async function readOwner(db: D1Database, hash: string) {
  try {
    return await findKeyOwner(db, hash);
  } catch (cause) {
    throw new SluiceError("storage_unavailable", "The key cannot be looked up", { retryAfterMs: 1_000, cause });
  }
}

// RFC 6750 §3: no error code when no key was sent.
function unauthorized(detail: string, error = ""): SluiceError {
  return new SluiceError("unauthorized", detail, { headers: { "WWW-Authenticate": `Bearer realm="sluice"${error}` } });
}
