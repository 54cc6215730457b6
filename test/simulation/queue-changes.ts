import { callGate } from "../../src/api/gate-client.ts";
import { readConfig } from "../../src/config.ts";
import { guardD1 } from "../../src/storage/guarded-d1.ts";
import { pauseQueue, putQueueSettings, resumeQueue } from "../../src/storage/queue-settings.ts";
import type { QueueAction } from "./actions.ts";
import type { Model } from "./model.ts";
import type { World } from "./world.ts";

/**
 * Changes a queue's settings as the API does it: stores them, then has the gate read them. Once that is answered they
 * are in force; a change that fails may be stored, or not, and may be in force or not.
 * @returns whether they are in force
 */
export async function changeQueue(
  world: World,
  model: Model,
  tenantId: string,
  name: string,
  change: QueueAction,
): Promise<boolean> {
  const { env } = world.asApi(tenantId);
  const db = guardD1(env.DB, readConfig(env).readDeadlineMs);
  const { now } = world.clock;
  try {
    if (change === "pause") await pauseQueue(db, tenantId, name, now);
    else if (change === "resume") await resumeQueue(db, tenantId, name, now);
    else await putQueueSettings(db, tenantId, { name, paused: false, ...change }, now);
    const { seq } = world.journal;
    const reply = await callGate(env.GATES, tenantId, (gate) => gate.reload());
    if (reply !== "done") return false;
    model.observe();
    model.limits.reloaded(tenantId, seq, world.clock.now);
    return true;
  } catch {
    return false;
  }
}
