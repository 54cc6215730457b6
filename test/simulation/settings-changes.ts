import { callGate } from "../../src/api/gate-client.ts";
import { readConfig } from "../../src/config.ts";
import { guardD1 } from "../../src/storage/guarded-d1.ts";
import { pauseQueue, putQueueSettings, resumeQueue } from "../../src/storage/queue-settings.ts";
import { resumeTenant, suspendTenant } from "../../src/storage/tenants.ts";
import type { QueueAction } from "./actions.ts";
import type { Model } from "./model.ts";
import type { World } from "./world.ts";

/**
 * Changes a queue's settings as the API does it.
 * @returns whether they are in force
 */
export function changeQueue(
  world: World,
  model: Model,
  tenantId: string,
  name: string,
  change: QueueAction,
): Promise<boolean> {
  const { now } = world.clock;
  return changeSettings(world, model, tenantId, true, async (db) => {
    if (change === "pause") await pauseQueue(db, tenantId, name, now);
    else if (change === "resume") await resumeQueue(db, tenantId, name, now);
    else await putQueueSettings(db, tenantId, { name, paused: false, ...change }, now);
  });
}

/**
 * Suspends or resumes a tenant as the operator does it.
 * @param told whether its gate is told of it
 * @returns whether it is in force
 */
export function suspend(
  world: World,
  model: Model,
  tenantId: string,
  { kind, told }: { readonly kind: "suspend" | "resume"; readonly told: boolean },
): Promise<boolean> {
  const { now } = world.clock;
  return changeSettings(world, model, tenantId, told, (db) =>
    kind === "suspend" ? suspendTenant(db, tenantId, now) : resumeTenant(db, tenantId),
  );
}

/**
 * Stores settings, then has the gate read them. Once that is answered they are in force; a change that fails may be
 * stored, or not, and may be in force or not.
 */
async function changeSettings(
  world: World,
  model: Model,
  tenantId: string,
  told: boolean,
  store: (db: D1Database) => Promise<unknown>,
): Promise<boolean> {
  const { env } = world.asApi(tenantId);
  try {
    await store(guardD1(env.DB, readConfig(env).readDeadlineMs));
    if (!told) return false;
    const { seq } = world.journal;
    const reply = await callGate(env, tenantId, (gate) => gate.reload());
    if (reply !== "done") return false;
    model.observe();
    model.limits.reloaded(tenantId, seq, world.clock.now);
    return true;
  } catch {
    return false;
  }
}
