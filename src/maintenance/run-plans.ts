import { runPlan } from "../api/run-plan.ts";
import { readConfig } from "../config.ts";
import type { Registry } from "../domain/registry.ts";
import type { SluiceEnv } from "../env.ts";
import { log } from "../log.ts";
import { guardD1 } from "../storage/guarded-d1.ts";
import { findRunningPlans } from "../storage/plans.ts";
import { doChore } from "./chore.ts";

/** Plans that one tick carries on, of all tenants; those after them are the next tick's. */
const PLANS_PER_TICK = 10;
/** Steps of one tick, shared by its plans: one plan alone may take 6,000 jobs, a minute's worth at the highest rate. */
const STEPS_PER_TICK = 60;

/** Carries on the plans that run, each within its rate; run by the cron trigger. */
export async function runPlans(env: SluiceEnv, now: number, registry: Registry): Promise<void> {
  const config = readConfig(env);
  const db = guardD1(env.DB, config.readDeadlineMs);
  // Mostly there is none, and then nothing is written either.
  if ((await findRunningPlans(db, { tenantId: "", id: "" }, 1)).length === 0) return;
  const step = async (after: string): Promise<string | null> => {
    const [tenantId = "", id = ""] = after.split("/");
    const plans = await findRunningPlans(db, { tenantId, id }, PLANS_PER_TICK);
    let left = STEPS_PER_TICK;
    for (const [index, plan] of plans.entries()) {
      const steps = Math.ceil(left / (plans.length - index));
      try {
        left -= await runPlan({ env, config, registry }, plan, { now, steps });
      } catch (error) {
        // It goes on with the next tick, and does not keep the others from their turn.
        log.error("a plan was interrupted", { ...plan, error });
        left--;
      }
    }
    const last = plans.at(-1);
    return last === undefined || plans.length < PLANS_PER_TICK ? null : `${last.tenantId}/${last.id}`;
  };
  await doChore(db, { name: "run plans", everyMs: 0, steps: 1, step }, now);
}
