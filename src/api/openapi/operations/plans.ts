import type { z } from "zod";
import { newPlanViewSchema, planListSchema, planViewSchema } from "../../../protocol/plan-view.ts";
import { cancellationFilterSchema, confirmRequestSchema, replayFilterSchema } from "../../../protocol/plans.ts";
import { CANCELLED_JOB, JOB_ID } from "../examples.ts";
import type { Operation, Resource } from "../operation.ts";
import { pathOf } from "../parameters.ts";

const path = pathOf("id", "The plan's id.", JOB_ID);

const PLAN = {
  id: JOB_ID,
  action: "replay",
  filter: { state: "failed", type: "report.csv" },
  state: "planned",
  count: 1,
  counted: "all",
  done: 0,
  failed: 0,
  skipped: 0,
  lastFailure: null,
  perSecond: null,
  createdAt: "2027-01-31T09:00:00.000Z",
  expiresAt: "2027-02-01T09:00:00.000Z",
  confirmedAt: null,
  finishedAt: null,
};
const CONFIRMED = { ...PLAN, state: "running", perSecond: 10, confirmedAt: "2027-01-31T09:05:00.000Z" };

/** What both kinds of plans have, in their own words. */
interface PlanKind {
  readonly noun: string;
  /** What operation ids end with. */
  readonly id: string;
  readonly filter: z.ZodType;
  readonly example: object;
  readonly sample: object;
  readonly plan: object;
}

function operationsOf({ noun, id, filter, example, sample, plan }: PlanKind) {
  const one = { schema: planViewSchema, example: { ...PLAN, ...plan } };
  return {
    plan: {
      id: `plan${id}`,
      summary: `Plan the ${noun} of all jobs that a filter matches: nothing happens until it is confirmed`,
      body: { schema: filter, examples: { [noun]: example } },
      answers: {
        201: {
          description: "The plan, with the first of its jobs.",
          schema: newPlanViewSchema,
          example: { ...one.example, sample: [sample] },
          headers: ["Location"],
        },
      },
      problems: ["type_not_allowed", "too_many_plans"],
    },
    list: {
      id: `list${id}s`,
      summary: `List plans of ${noun}, the newest first`,
      answers: { 200: { description: "All that are kept.", schema: planListSchema, example: { data: [one.example] } } },
    },
    get: {
      id: `get${id}`,
      summary: `Read a plan of ${noun}`,
      path,
      answers: { 200: { ...one, description: "The plan, and how far it has come." } },
      problems: ["plan_not_found", "type_not_allowed"],
    },
    confirm: {
      id: `confirm${id}`,
      summary: `Confirm a plan of ${noun}: it is carried out from now on`,
      path,
      body: { schema: confirmRequestSchema, examples: { slowly: { perSecond: 10 } }, optional: true },
      answers: {
        202: { description: "It is being carried out.", schema: planViewSchema, example: { ...CONFIRMED, ...plan } },
      },
      problems: ["plan_not_found", "plan_over", "type_not_allowed", "too_many_plans"],
    },
    cancel: {
      id: `cancel${id}`,
      summary: `Cancel a plan of ${noun}: what is done by then stays done`,
      path,
      answers: {
        200: {
          description: "It goes no further.",
          schema: planViewSchema,
          example: { ...PLAN, ...plan, state: "cancelled", finishedAt: "2027-01-31T09:06:00.000Z" },
        },
      },
      problems: ["plan_not_found", "plan_over", "type_not_allowed"],
    },
  } as const satisfies Record<string, Operation>;
}

const replay = operationsOf({
  noun: "replays",
  id: "Replay",
  filter: replayFilterSchema,
  example: { state: "failed", type: "report.csv", error: "Error", createdAfter: "2027-01-01T00:00:00Z" },
  sample: { ...CANCELLED_JOB, state: "failed", cancelReason: null },
  plan: {},
});

const cancellation = operationsOf({
  noun: "cancellations",
  id: "Cancellation",
  filter: cancellationFilterSchema,
  example: { type: "report.csv", queue: "reports", createdBefore: "2027-01-31T00:00:00Z" },
  sample: CANCELLED_JOB,
  plan: { action: "cancel", filter: { type: "report.csv" } },
});

export const replays: Resource = {
  name: "Replays",
  description: "Many finished jobs run again: planned, confirmed, and carried out at a bounded rate.",
  operations: {
    "POST /v1/replays": replay.plan,
    "GET /v1/replays": replay.list,
    "GET /v1/replays/:id": replay.get,
    "POST /v1/replays/:id/confirm": replay.confirm,
    "POST /v1/replays/:id/cancel": replay.cancel,
  },
};

export const cancellations: Resource = {
  name: "Cancellations",
  description: "Many jobs cancelled: planned, confirmed, and carried out at a bounded rate.",
  operations: {
    "POST /v1/cancellations": cancellation.plan,
    "GET /v1/cancellations": cancellation.list,
    "GET /v1/cancellations/:id": cancellation.get,
    "POST /v1/cancellations/:id/confirm": cancellation.confirm,
    "POST /v1/cancellations/:id/cancel": cancellation.cancel,
  },
};
