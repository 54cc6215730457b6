import { z } from "zod";
import { JOB_STATES } from "../domain/job.ts";
import { commaList } from "./comma-list.ts";
import { pageLimitSchema } from "./page-query.ts";

/** What a list of jobs may be asked for with. */
export const jobListQuerySchema = z.strictObject({
  state: commaList(JOB_STATES)
    .optional()
    .meta({ description: `Separated by commas: ${JOB_STATES.join(", ")}.`, example: "failed,cancelled" }),
  type: z.string().max(100).optional().meta({ example: "report.csv" }),
  queue: z.string().max(128).optional().meta({ example: "reports" }),
  group: z.string().max(100).optional().meta({
    description: "The id of a group: its members.",
    example: "01a05a2e-5c00-7000-8000-000000000003",
  }),
  include: commaList(["payload", "result"])
    .default([])
    .meta({ description: "Separated by commas: payload, result.", example: "result" }),
  limit: pageLimitSchema,
  cursor: z.string().max(4_000).optional().describe("`nextCursor` of the page before, with the same filters."),
});
