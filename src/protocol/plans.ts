import { z } from "zod";
import type { PlanAction, PlanState } from "../domain/plan.ts";
import { typeSchema } from "./job-request.ts";
import type { JobView } from "./job-view.ts";
import { queueNameSchema } from "./queue-settings.ts";

const timeSchema = z.iso.datetime({
  offset: true,
  error: 'must be ISO 8601 with an offset, as "2027-01-31T09:00:00Z"',
});

/** What a filter may have beside the state. */
const narrowing = {
  type: typeSchema.optional(),
  queue: queueNameSchema.optional(),
  /** Jobs made then or later, by the time in their ids. */
  createdAfter: timeSchema.optional(),
  /** Jobs made before then. */
  createdBefore: timeSchema.optional(),
  /** A part of the last error, written as "Name: message". */
  error: z.string().min(1).max(200).optional(),
};
const NARROWING = Object.keys(narrowing) as (keyof typeof narrowing)[];

type Narrowing = { readonly [Field in keyof typeof narrowing]?: string | undefined };

const narrows = (filter: Narrowing) => NARROWING.some((field) => filter[field] !== undefined);
const NARROWS = { message: `narrow the jobs down by at least one of ${NARROWING.join(", ")}` };
const isRange = ({ createdAfter, createdBefore }: Narrowing) =>
  createdAfter === undefined || createdBefore === undefined || Date.parse(createdAfter) < Date.parse(createdBefore);
const IS_RANGE = { path: ["createdBefore"], message: "must be after createdAfter" };

/** Which jobs a caller wants replayed. */
export const replayFilterSchema = z
  .strictObject({ state: z.enum(["failed", "cancelled"]).default("failed"), ...narrowing })
  .refine(narrows, NARROWS)
  .refine(isRange, IS_RANGE);

/** Which jobs a caller wants cancelled: of all states that are not final, unless it names one. */
export const cancellationFilterSchema = z
  .strictObject({ state: z.enum(["scheduled", "queued", "retrying", "running"]).optional(), ...narrowing })
  .refine(narrows, NARROWS)
  .refine(isRange, IS_RANGE);

export const confirmRequestSchema = z.strictObject({
  /** Jobs a second. */
  perSecond: z.int().min(1).max(100).default(10),
});

export type ReplayFilter = z.input<typeof replayFilterSchema>;
export type CancellationFilter = z.input<typeof cancellationFilterSchema>;
export type ConfirmRequest = z.input<typeof confirmRequestSchema>;
/** Of either action, as it is kept. */
export type PlanFilter = z.output<typeof replayFilterSchema> | z.output<typeof cancellationFilterSchema>;

/** Why a job could not be replayed. */
export interface PlanFailure {
  readonly jobId: string;
  /** As of a problem. */
  readonly code: string;
  readonly detail: string;
}

/** A change to many jobs. Times are ISO 8601 in UTC. */
export interface PlanView {
  readonly id: string;
  readonly action: PlanAction;
  readonly filter: PlanFilter;
  /** `expired`: nobody has confirmed it in time. */
  readonly state: PlanState | "expired";
  /** Jobs that matched when the plan was made. */
  readonly count: number;
  /** `at least`: there are more jobs than were looked at to count. */
  readonly counted: "all" | "at least";
  /** More jobs match than one plan takes: another plan is needed for the others. */
  readonly truncated?: true;
  /** Replayed, cancelled, or asked to end. */
  readonly done: number;
  readonly failed: number;
  /** No longer there, or no longer what matched, when their turn came. */
  readonly skipped: number;
  readonly lastFailure: PlanFailure | null;
  readonly perSecond: number | null;
  readonly createdAt: string;
  /** Until when it can be confirmed. */
  readonly expiresAt: string;
  readonly confirmedAt: string | null;
  readonly finishedAt: string | null;
}

/** A new plan, with the first of its jobs. */
export interface NewPlanView extends PlanView {
  readonly sample: readonly JobView[];
}

/** Newest first. */
export interface PlanList {
  readonly data: readonly PlanView[];
}
