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
  /** Jobs made then or later, by the time in their ids. */
  createdAfter: timeSchema.optional(),
  /** Jobs made before then. */
  createdBefore: timeSchema.optional(),
  /** A part of the last error, written as "Name: message". */
  error: z.string().min(1).max(200).optional(),
};
const NARROWING = Object.keys(narrowing);
const narrows = (filter) => NARROWING.some((field) => filter[field] !== undefined);
const NARROWS = { message: `narrow the jobs down by at least one of ${NARROWING.join(", ")}` };
const isRange = ({ createdAfter, createdBefore }) =>
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
