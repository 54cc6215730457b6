import type { Region } from "./domain/region.ts";
import type { SluiceEnv } from "./env.ts";
import type { GateRpc } from "./protocol/gate.ts";

/**
 * A stub of a tenant's gate. The same name in another jurisdiction is another object, so that every caller must know
 * the tenant's.
 * @throws Error where the runtime has no jurisdictions, as the local one
 */
export function gateStub(gates: SluiceEnv["GATES"], tenantId: string, { locationHint, jurisdiction }: Region): GateRpc {
  const there = jurisdiction === null ? gates : gates.jurisdiction(jurisdiction);
  // The hint counts when the gate is called for the first time.
  return locationHint === null ? there.getByName(tenantId) : there.getByName(tenantId, { locationHint });
}
