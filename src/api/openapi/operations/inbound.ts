import { z } from "zod";
import { ENDPOINT_ID, JOB_ID } from "../examples.ts";
import type { Operation, Resource } from "../operation.ts";
import { pathOf } from "../parameters.ts";

const received = z
  .union([
    z.strictObject({ id: z.string().describe("The job's."), duplicate: z.literal(true).optional() }),
    z.strictObject({ ignored: z.literal(true), event: z.string().nullable() }),
    z.unknown().describe("What a challenge asks for."),
  ])
  .meta({
    id: "WebhookReceipt",
    description: "What has become of a webhook.",
  });

const path = pathOf("id", "The endpoint's id, as its `url` has it.", ENDPOINT_ID);

const receive: Pick<Operation, "path" | "answers" | "problems"> = {
  path,
  answers: {
    200: {
      description: "The webhook is stored as a job, has one already, or is none that the endpoint takes.",
      schema: received,
      example: { id: JOB_ID },
    },
  },
  problems: [
    "webhook_rejected",
    "endpoint_not_found",
    "payload_too_large",
    "invalid_request",
    "unknown_type",
    "tenant_suspended",
    "not_configured",
    "backlog_full",
    "overloaded",
    "storage_unavailable",
    "tenant_not_found",
    "refused",
  ],
};

export const inbound: Resource = {
  name: "Inbound webhooks",
  description: "Where providers send their webhooks, signed in their own ways: see Endpoints.",
  operations: {
    "POST /in/:id": {
      ...receive,
      id: "receiveWebhook",
      summary: "Take a webhook",
      body: {
        schema: z.unknown().describe("Whatever the provider sends."),
        examples: { opened: { action: "opened" } },
        contentType: "*/*",
        optional: true,
      },
    },
    "GET /in/:id": {
      ...receive,
      id: "answerChallenge",
      summary: "Take a webhook, or a challenge, that comes as a GET",
    },
  },
};
