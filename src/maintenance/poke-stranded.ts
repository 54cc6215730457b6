import { readConfig } from "../config.ts";
import type { SluiceEnv } from "../env.ts";
import { gateStub } from "../gate-stub.ts";
import { log } from "../log.ts";
import { findStrandedTenants, type GatePlace } from "../storage/gate-state.ts";
import { guardD1 } from "../storage/guarded-d1.ts";

const PAGE = 100;
/**
 * Alarms run late under load: a job that is overdue for less than this is left to them. Not so a schedule: it is missed
 * when nobody looks within a minute.
 */
const PATIENCE_MS = 30_000;

/**
 * The safety net, run by the cron trigger: has the gate of every tenant look that has a job overdue or waiting for
 * room, or a schedule overdue. A gate whose alarm fired as it should finds nothing to do.
 */
export async function pokeStranded(env: SluiceEnv, now: number): Promise<void> {
  const db = guardD1(env.DB, readConfig(env).readDeadlineMs);
  let after = "";
  for (;;) {
    const tenants = await findStrandedTenants(db, { jobs: now - PATIENCE_MS, ticks: now }, after, PAGE);
    await Promise.all(tenants.map((place) => poke(env, place)));
    after = tenants.at(-1)?.tenantId ?? "";
    if (tenants.length < PAGE) return;
  }
}

async function poke({ GATES }: SluiceEnv, { tenantId, region }: GatePlace): Promise<void> {
  try {
    await gateStub(GATES, tenantId, region).poke();
  } catch (error) {
    log.error("a gate could not be poked", { tenantId, error });
  }
}
