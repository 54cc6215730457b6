import { readConfig } from "../config.ts";
import type { SluiceEnv } from "../env.ts";
import { takesEvent } from "../inbound/event-filter.ts";
import type { Scheme } from "../inbound/scheme.ts";
import { type ActiveEndpoint, findActiveEndpoint } from "../storage/endpoints.ts";
import { type EndpointSecrets, openEndpointSecrets } from "./endpoint-secrets.ts";
import { inStorage } from "./in-storage.ts";
import { schemeOf } from "./tenant-endpoints.ts";

/** An endpoint, ready to verify what it is sent. */
export interface OpenEndpoint
  extends Pick<ActiveEndpoint, "tenantId" | "id" | "type" | "queue" | "priority" | "maxPayloadBytes"> {
  readonly scheme: Scheme;
  readonly secrets: EndpointSecrets;
  readonly takes: (event: string | null) => boolean;
}

const ENDPOINT_ID = /^ep_[A-Za-z0-9_-]{24}$/;
const MOST_CACHED = 1_000;

/** What this isolate knows of endpoints: values only, since requests must not share promises. */
const cached = new Map<string, { readonly endpoint: OpenEndpoint; readonly until: number }>();

/** Has this isolate read an endpoint anew; others do within `SLUICE_KEY_CACHE_MS`. */
export function forgetEndpoint(id: string): void {
  cached.delete(id);
}

/**
 * The endpoint with this public id, as of up to `SLUICE_KEY_CACHE_MS` ago; null when there is none, or it is
 * disabled, or its tenant suspended.
 * @throws SluiceError when the database is out of reach, or its secrets cannot be opened
 */
export async function openEndpoint(env: SluiceEnv, id: string): Promise<OpenEndpoint | null> {
  if (!ENDPOINT_ID.test(id)) return null;
  const known = cached.get(id);
  if (known !== undefined && known.until > Date.now()) return known.endpoint;
  cached.delete(id);
  const stored = await inStorage(env, (db) => findActiveEndpoint(db, id));
  // Not remembered: whoever tries ids must not push out the endpoints that there are.
  if (stored === null) return null;
  const { keyCacheMs, secretKeys } = readConfig(env);
  const now = Date.now();
  const { tenantId, type, queue, priority, previousUntil, maxPayloadBytes } = stored;
  const secrets = await openEndpointSecrets(secretKeys, stored, now);
  const events = JSON.parse(stored.events) as string[];
  const takes = (event: string | null) => takesEvent(events, event);
  const endpoint = { tenantId, id, type, queue, priority, maxPayloadBytes, scheme: schemeOf(stored), secrets, takes };
  // No longer than the older of two secrets is valid.
  const until = Math.min(now + keyCacheMs, secrets.length > 1 ? (previousUntil ?? now) : Number.POSITIVE_INFINITY);
  if (cached.size >= MOST_CACHED) cached.delete(cached.keys().next().value ?? "");
  cached.set(id, { endpoint, until });
  return endpoint;
}
