import { z } from "zod";
import { JOB_STATES } from "../domain/job.ts";
import { pageLimitSchema } from "./page-query.ts";

const commaList = <const T extends readonly [string, ...string[]]>(values: T) =>
  z
    .string()
    .transform((list) => list.split(","))
    .pipe(z.array(z.enum(values)).min(1).max(values.length));

/** What a list of jobs may be asked for with. */
export const jobListQuerySchema = z.strictObject({
  state: commaList(JOB_STATES)
    .optional()
    .meta({ description: `Separated by commas: ${JOB_STATES.join(", ")}.`, example: "failed,cancelled" }),
  type: z.string().max(100).optional().meta({ example: "report.csv" }),
  queue: z.string().max(128).optional().meta({ example: "reports" }),
  include: commaList(["payload", "result"])
    .default([])
    .meta({ description: "Separated by commas: payload, result.", example: "result" }),
  limit: pageLimitSchema,
  cursor: z.string().max(4_000).optional().describe("`nextCursor` of the page before, with the same filters."),
});
