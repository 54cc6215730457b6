import { z } from "zod";
import { disabledReceiverListSchema } from "../../../protocol/disabled-receivers.ts";
import { JOB_ID } from "../examples.ts";
import type { Resource } from "../operation.ts";

const URL = "https://example.com/hook";

export const disabledReceivers: Resource = {
  name: "Disabled receivers",
  description: "Receivers of callbacks that have answered 410, and get none any more.",
  operations: {
    "GET /v1/disabled-receivers": {
      id: "listDisabledReceivers",
      summary: "List disabled receivers, the latest first",
      answers: {
        200: {
          description: "At most 1,000.",
          schema: disabledReceiverListSchema,
          example: { data: [{ url: URL, disabledAt: "2027-01-31T09:00:00.000Z", jobId: JOB_ID }] },
        },
      },
    },
    "DELETE /v1/disabled-receivers": {
      id: "enableReceiver",
      summary: "Let a receiver get callbacks again",
      query: z.object({ url: z.string().meta({ description: "Which one.", example: URL }) }),
      answers: { 204: { description: "It gets callbacks again." } },
      problems: ["receiver_not_found"],
    },
  },
};
