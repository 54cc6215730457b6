import type { TenantLimits } from "../config.ts";
import { QueueRules } from "../domain/queue-settings.ts";
import { TokenBucket } from "../domain/token-bucket.ts";
import { readTenantSettings } from "../storage/gate-fence.ts";
import { listQueueSettings } from "../storage/queue-settings.ts";
import type { OpenGate } from "./open-gate.ts";

/** This gate is no longer its tenant's newest, or the tenant is being deleted. */
export class GateReplaced extends Error {
  override readonly name = "GateReplaced";
}

/**
 * Has a gate go by what its tenant and the tenant's queues are limited to by now. While the tenant is suspended it is as
 * if each of its queues were paused.
 * @throws GateReplaced
 */
export async function readSettings(gate: OpenGate): Promise<void> {
  // Cleared before: who changes them meanwhile asks for another reading.
  gate.settingsDue = false;
  try {
    const [tenant, queues] = await Promise.all([
      readTenantSettings(gate.db, gate.fence),
      listQueueSettings(gate.db, gate.tenantId),
    ]);
    if (tenant === null) throw new GateReplaced("the gate was replaced, or its tenant is being deleted");
    const now = Date.now();
    limit(gate, { ...gate.config.limits, ...tenant.limits }, now);
    gate.suspended = tenant.suspended;
    gate.lanes.configure(new QueueRules(queues, tenant.suspended), now);
  } catch (error) {
    gate.settingsDue = true;
    throw error;
  }
}

function limit(gate: OpenGate, limits: TenantLimits, now: number): void {
  const { rate, burst, concurrency } = gate.limits;
  // What has been spent stays spent.
  if (limits.rate !== rate || limits.burst !== burst)
    gate.bucket = new TokenBucket(limits, now, gate.bucket.spent(now));
  // The backlog was counted up to the old limit.
  if (limits.backlog > gate.limits.backlog) gate.recountAt = 0;
  if (limits.concurrency !== concurrency) gate.lanes.concurrency = limits.concurrency;
  gate.limits = limits;
}
