import { z } from "zod";
import { type View, viewTimeSchema } from "./view.ts";

export const queueViewSchema = z
  .strictObject({
    name: z.string(),
    concurrency: z.int().nullable(),
    rate: z.strictObject({ limit: z.int(), period: z.number().describe("Seconds.") }).nullable(),
    paused: z.boolean(),
    createdAt: viewTimeSchema,
    updatedAt: viewTimeSchema,
  })
  .meta({ id: "Queue", description: "A queue's settings, as its tenant sees them." });

export const queueListSchema = z
  .strictObject({ data: z.array(queueViewSchema) })
  .meta({ id: "QueueList", description: "By name." });

export type QueueView = View<typeof queueViewSchema>;
export type QueueList = View<typeof queueListSchema>;
