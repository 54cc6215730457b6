import type { NewPlanView, PlanView } from "../../protocol/plan-view.ts";
import { api } from "./api.ts";

/** What a plan does. */
export type PlanKind = "replays" | "cancellations";

/** The first few jobs of a plan are only told when it is made. */
const samples = new Map<string, NewPlanView["sample"]>();
const MOST_SAMPLES = 20;

export function rememberPlan(plan: NewPlanView): void {
  samples.set(plan.id, plan.sample);
  if (samples.size > MOST_SAMPLES) samples.delete(samples.keys().next().value ?? "");
}

export function sampleOf(planId: string): NewPlanView["sample"] {
  return samples.get(planId) ?? [];
}

export function readPlan(kind: PlanKind, id: string): Promise<PlanView> {
  return api()[kind].get(id);
}

export function readPlans(kind: PlanKind): Promise<readonly PlanView[]> {
  return api()[kind].list();
}
