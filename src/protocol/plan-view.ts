import { z } from "zod";
import { PLAN_ACTIONS, PLAN_STATES } from "../domain/plan.ts";
import { jobViewSchema } from "./job-view.ts";
import { cancellationFilterSchema, replayFilterSchema } from "./plans.ts";
import { type View, viewIdSchema, viewTimeSchema } from "./view.ts";

const planFailureSchema = z
  .strictObject({
    jobId: viewIdSchema,
    code: z.string().describe("As of a problem."),
    detail: z.string(),
  })
  .meta({ id: "PlanFailure", description: "Why a job could not be replayed." });

export const planViewSchema = z
  .strictObject({
    id: viewIdSchema,
    action: z.enum(PLAN_ACTIONS),
    filter: z.union([replayFilterSchema, cancellationFilterSchema]),
    state: z.enum([...PLAN_STATES, "expired"]).describe("`expired`: nobody has confirmed it in time."),
    count: z.int().describe("Jobs that matched when the plan was made."),
    counted: z.enum(["all", "at least"]).describe("`at least`: there are more jobs than were looked at to count."),
    truncated: z
      .literal(true)
      .optional()
      .describe("More jobs match than one plan takes: another plan is needed for the others."),
    done: z.int().describe("Replayed, cancelled, or asked to end."),
    failed: z.int(),
    skipped: z.int().describe("No longer there, or no longer what matched, when their turn came."),
    lastFailure: planFailureSchema.nullable(),
    perSecond: z.int().nullable(),
    createdAt: viewTimeSchema,
    expiresAt: viewTimeSchema.describe("Until when it can be confirmed."),
    confirmedAt: viewTimeSchema.nullable(),
    finishedAt: viewTimeSchema.nullable(),
  })
  .meta({ id: "Plan", description: "A change to many jobs." });

export const newPlanViewSchema = planViewSchema
  .extend({ sample: z.array(jobViewSchema) })
  .meta({ id: "NewPlan", description: "A new plan, with the first of its jobs." });

export const planListSchema = z
  .strictObject({ data: z.array(planViewSchema) })
  .meta({ id: "PlanList", description: "Newest first." });

export type PlanFailure = View<typeof planFailureSchema>;
export type PlanView = View<typeof planViewSchema>;
export type NewPlanView = View<typeof newPlanViewSchema>;
export type PlanList = View<typeof planListSchema>;
