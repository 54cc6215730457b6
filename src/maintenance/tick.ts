import type { Registry } from "../domain/registry.ts";
import type { SluiceEnv } from "../env.ts";
import { log } from "../log.ts";
import { checkAlerts } from "./check-alerts.ts";
import { deleteOldJobs } from "./delete-finished.ts";
import { deleteOldGroups } from "./delete-groups.ts";
import { deleteTenants } from "./delete-tenants.ts";
import { pokeStranded } from "./poke-stranded.ts";
import { runPlans } from "./run-plans.ts";
import { sealSecrets } from "./seal-secrets.ts";
import { sweepObjects } from "./sweep-objects.ts";

/** What the cron trigger does each minute. One thing that fails does not keep the others from being done. */
export async function tick(env: SluiceEnv, now: number, registry: Registry): Promise<void> {
  const tasks = {
    deleteTenants,
    pokeStranded,
    deleteOldJobs,
    deleteOldGroups,
    sweepObjects,
    runPlans,
    sealSecrets,
    checkAlerts,
  };
  await Promise.all(
    Object.entries(tasks).map(async ([task, run]) => {
      try {
        await run(env, now, registry);
      } catch (error) {
        log.error("maintenance failed", { task, error });
      }
    }),
  );
}
