import { z } from "zod";
import { type View, viewIdSchema, viewTimeSchema } from "./view.ts";

const disabledReceiverViewSchema = z
  .strictObject({
    url: z.string(),
    disabledAt: viewTimeSchema.describe("When it answered 410."),
    jobId: viewIdSchema.describe("The delivery that it answered so."),
  })
  .meta({
    id: "DisabledReceiver",
    description: "A receiver of callbacks to which nothing is sent any more, as its tenant sees it.",
  });

export const disabledReceiverListSchema = z
  .strictObject({ data: z.array(disabledReceiverViewSchema) })
  .meta({ id: "DisabledReceiverList", description: "The latest first; at most 1,000." });

export type DisabledReceiverView = View<typeof disabledReceiverViewSchema>;
export type DisabledReceiverList = View<typeof disabledReceiverListSchema>;
