import { readConfig } from "../config.ts";
import { ANYWHERE, type Region } from "../domain/region.ts";
import type { SluiceEnv } from "../env.ts";
import { readTenant } from "../storage/tenants.ts";
import { inStorage } from "./in-storage.ts";

/** What calls for a tenant must know of it. */
export interface TenantFacts {
  /** Never changes; an id gets another only long after its tenant was deleted. */
  readonly region: Region;
  /** The tenant's own limit; null: the deployment's. */
  readonly maxPayloadBytes: number | null;
}

const MOST_KNOWN = 10_000;
/** A little longer than a key is trusted: who comes with one finds its tenant here. */
const TRUST_MS = 60_000;

/** What this isolate knows of tenants: values only, since requests must not share promises. */
const known = new Map<string, { readonly facts: TenantFacts; readonly until: number }>();

/** Keeps what was just read of a tenant. */
export function rememberTenant(tenantId: string, { region, maxPayloadBytes }: TenantFacts): void {
  known.delete(tenantId);
  if (known.size >= MOST_KNOWN) known.delete(known.keys().next().value ?? "");
  known.set(tenantId, { facts: { region, maxPayloadBytes }, until: Date.now() + TRUST_MS });
}

/** Forgets a tenant whose settings were changed here. */
export function forgetTenant(tenantId: string): void {
  known.delete(tenantId);
}

/**
 * Where a tenant's gate is, and what the tenant may send: mostly without asking D1.
 * @throws SluiceError `storage_unavailable`
 */
export async function tenantFacts(env: Pick<SluiceEnv, "DB">, tenantId: string): Promise<TenantFacts> {
  const cached = known.get(tenantId);
  if (cached && cached.until > Date.now()) return cached.facts;
  const row = await inStorage(env, (db) => readTenant(db, tenantId));
  // One that is not there is turned away by its gate, wherever that is.
  if (row === null) return { region: ANYWHERE, maxPayloadBytes: null };
  const { locationHint, jurisdiction, maxPayloadBytes } = row;
  const facts = { region: { locationHint, jurisdiction }, maxPayloadBytes };
  // The id of one that is going away may soon be another's.
  if (row.deletedAt === null) rememberTenant(tenantId, facts);
  return facts;
}

/** The limit of one payload of a tenant, in bytes. */
export async function maxPayloadOf(env: SluiceEnv, tenantId: string): Promise<number> {
  return (await tenantFacts(env, tenantId)).maxPayloadBytes ?? readConfig(env).maxPayloadBytes;
}
