import { withDeadline } from "../deadline.ts";
import type { SluiceEnv } from "../env.ts";
import { gateStub } from "../gate-stub.ts";
import type { GateRpc } from "../protocol/gate.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import { tenantFacts } from "./known-tenants.ts";

/** Longer than the gate's own deadline for a write, which answers better than this does. */
const REPLY_MS = 15_000;

/**
 * Calls a tenant's gate. Every call may be repeated (ids are given before it), so one that the platform calls
 * retryable is tried once more, with a new stub: an exception breaks the old one.
 * @throws SluiceError `overloaded` (nothing was done) or `storage_unavailable` (outcome unknown)
 */
export async function callGate<T>(
  env: Pick<SluiceEnv, "DB" | "GATES">,
  tenantId: string,
  call: (gate: GateRpc) => Promise<T>,
  replyMs = REPLY_MS,
): Promise<T> {
  const { region } = await tenantFacts(env, tenantId);
  for (let attempt = 1; ; attempt++) {
    try {
      const late = () => new Error(`no reply within ${replyMs} ms`);
      return await withDeadline(call(gateStub(env.GATES, tenantId, region)), replyMs, late);
    } catch (cause) {
      const { retryable, overloaded } = cause as { retryable?: boolean; overloaded?: boolean };
      if (overloaded === true) {
        throw new SluiceError("overloaded", "The tenant's gate has too many requests", { retryAfterMs: 1_000, cause });
      }
      if (retryable !== true || attempt > 1) {
        throw new SluiceError("storage_unavailable", "The gate did not answer", { retryAfterMs: 1_000, cause });
      }
    }
  }
}
