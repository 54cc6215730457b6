import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { GateRpc } from "../../src/protocol/gate.ts";

/** A tenant's gate, as the API and the consumer call it. */
export function gateOf(tenantId: string): GateRpc {
  return stubOf(tenantId);
}

/** Fires the gate's alarm now, whatever time it is set to; false when none is set. */
export function fireAlarm(tenantId: string): Promise<boolean> {
  return runDurableObjectAlarm(stubOf(tenantId));
}

export function stubOf(tenantId: string) {
  return env.GATES.getByName(tenantId);
}
