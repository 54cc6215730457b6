import type { NewPlanView, PlanView } from "../protocol/plan-view.ts";
import { countText, type ItemView, itemFacts, timeText } from "./item-view.ts";
import { jobTable } from "./job-table.ts";
import { colors } from "./terminal.ts";

const JOBS = ["job", "jobs"] as const;

/** A plan, for people. */
export const PLAN: ItemView<PlanView> = {
  nouns: ["plan", "plans"],
  columns: [
    { name: "plan", text: ({ id }) => id },
    { name: "state", text: ({ state }) => state },
    { name: "jobs", text: plannedText },
    { name: "done", text: ({ done }) => String(done), align: "right" },
    { name: "failed", text: ({ failed }) => String(failed), align: "right" },
    { name: "skipped", text: ({ skipped }) => String(skipped), align: "right" },
    { name: "filter", text: filterText },
    { name: "created", text: ({ createdAt }) => timeText(createdAt) },
  ],
  details: [
    { name: "per second", text: ({ perSecond }) => perSecond?.toString() ?? "" },
    { name: "last failure", text: ({ lastFailure: last }) => (last === null ? "" : `${last.jobId}: ${last.detail}`) },
    { name: "confirm until", text: ({ state, expiresAt }) => (state === "planned" ? timeText(expiresAt) : "") },
    { name: "finished", text: ({ finishedAt }) => timeText(finishedAt) },
  ],
};

/** What a plan would come to, and the first few of its jobs. */
export function newPlanText(plan: NewPlanView): string {
  const facts = itemFacts(PLAN, plan);
  if (plan.sample.length === 0) return facts;
  return `${facts}\n\n${colors.dim(`the first ${plan.sample.length}`)}\n${jobTable(plan.sample, Date.now())}`;
}

/** "1,240 jobs", or "at least 100,000 jobs". */
export function plannedText({ count, counted, truncated }: PlanView): string {
  const jobs = countText(count, JOBS);
  if (truncated) return `${jobs}, and more that need another plan`;
  return counted === "all" ? jobs : `at least ${jobs}`;
}

function filterText({ filter }: PlanView): string {
  return Object.entries(filter)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}
