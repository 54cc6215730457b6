import { z } from "zod";
import { typeSchema } from "./job-request.ts";
import { queueNameSchema } from "./queue-settings.ts";

const timeSchema = z.iso.datetime({
  offset: true,
  error: 'must be ISO 8601 with an offset, as "2027-01-31T09:00:00Z"',
});

/** What a filter may have beside the state. */
const narrowing = {
  type: typeSchema.optional(),
  queue: queueNameSchema.optional(),
  createdAfter: timeSchema.optional().describe("Jobs made then or later, by the time in their ids."),
  createdBefore: timeSchema.optional().describe("Jobs made before then."),
  error: z.string().min(1).max(200).optional().describe('A part of the last error, written as "Name: message".'),
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
  .refine(isRange, IS_RANGE)
  .meta({ id: "ReplayFilter" });

/** Which jobs a caller wants cancelled: of all states that are not final, unless it names one. */
export const cancellationFilterSchema = z
  .strictObject({ state: z.enum(["scheduled", "queued", "retrying", "running"]).optional(), ...narrowing })
  .refine(narrows, NARROWS)
  .refine(isRange, IS_RANGE)
  .meta({ id: "CancellationFilter" });

export const confirmRequestSchema = z
  .strictObject({
    perSecond: z.int().min(1).max(100).default(10).describe("Jobs a second."),
  })
  .meta({ id: "PlanConfirmation" });

export type ReplayFilter = z.input<typeof replayFilterSchema>;
export type CancellationFilter = z.input<typeof cancellationFilterSchema>;
export type ConfirmRequest = z.input<typeof confirmRequestSchema>;
/** Of either action, as it is kept. */
export type PlanFilter = z.output<typeof replayFilterSchema> | z.output<typeof cancellationFilterSchema>;
