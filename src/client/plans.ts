import type { NewPlanView, PlanList, PlanView } from "../protocol/plan-view.ts";
import type { ConfirmRequest } from "../protocol/plans.ts";

/**
 * Changes to many jobs: first planned, then confirmed, then carried out at a bounded rate. Every method throws
 * `SluiceError`, and can be tried again: a plan does nothing by itself, and is carried out once.
 */
export interface PlansClient<Filter> {
  /** What a change to the jobs of this filter would come to, with the first few of them. */
  plan(filter: Filter): Promise<NewPlanView>;
  /** Has it carried out. */
  confirm(id: string, options?: ConfirmRequest): Promise<PlanView>;
  /** How far it has come. */
  get(id: string): Promise<PlanView>;
  /** Newest first. */
  list(): Promise<readonly PlanView[]>;
  /** Stops it; what is done stays done. */
  cancel(id: string): Promise<PlanView>;
}

type Call = <Answer>(path: string, init?: RequestInit) => Promise<Answer>;

/**
 * @param resource which plans
 * @param call sends a request until it is answered, and returns the answer's JSON
 */
export function plansClient<Filter>(resource: "replays" | "cancellations", call: Call): PlansClient<Filter> {
  const at = (id: string) => `/v1/${resource}/${encodeURIComponent(id)}`;
  return {
    plan: (filter) => call(`/v1/${resource}`, { method: "POST", body: JSON.stringify(filter) }),
    confirm: (id, options = {}) => call(`${at(id)}/confirm`, { method: "POST", body: JSON.stringify(options) }),
    get: (id) => call(at(id)),
    list: async () => (await call<PlanList>(`/v1/${resource}`)).data,
    cancel: (id) => call(`${at(id)}/cancel`, { method: "POST" }),
  };
}
