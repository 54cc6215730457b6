import { z } from "zod";
import { commaList } from "./comma-list.ts";
import { JOB_EVENTS } from "./live-events.ts";

const lastEventId = z
  .string()
  .max(100)
  .optional()
  .meta({ description: "Those after this one first, as far as they are kept.", example: "1-1" });

/** What the events of one job are asked for with. */
export const jobEventQuerySchema = z.strictObject({ lastEventId });

/** What a tenant's events are asked for with. */
export const eventQuerySchema = z.strictObject({
  lastEventId,
  queue: z.string().max(128).optional().meta({ example: "reports" }),
  type: z.string().max(100).optional().meta({ example: "report.csv" }),
  event: commaList(JOB_EVENTS)
    .optional()
    .meta({ description: `Only these, separated by commas: ${JOB_EVENTS.join(", ")}.`, example: "job.failed" }),
});
