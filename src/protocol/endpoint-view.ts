import { z } from "zod";
import { type View, viewTimeSchema } from "./view.ts";

export const endpointViewSchema = z
  .strictObject({
    name: z.string(),
    id: z.string(),
    url: z.string().describe("What the provider is to call."),
    provider: z.string().nullable(),
    scheme: z.record(z.string(), z.unknown()).nullable().describe("As it was given, with its defaults."),
    type: z.string(),
    queue: z.string(),
    priority: z.int(),
    events: z.array(z.string()),
    disabled: z.boolean(),
    previousSecretUntil: viewTimeSchema
      .nullable()
      .describe("While a secret is rotated: the one before is valid until then."),
    createdAt: viewTimeSchema,
    updatedAt: viewTimeSchema,
  })
  .meta({ id: "Endpoint", description: "An endpoint as its tenant sees it: without its secrets." });

export const endpointListSchema = z
  .strictObject({ data: z.array(endpointViewSchema) })
  .meta({ id: "EndpointList", description: "By name." });

const rejectionViewSchema = z
  .strictObject({
    at: viewTimeSchema,
    cause: z.string().describe("Stable."),
    detail: z.string().nullable(),
    userAgent: z.string().nullable(),
    count: z.int().describe("How many it stands for: of a flood not each is written."),
  })
  .meta({ id: "Rejection", description: "Webhooks that an endpoint has refused." });

export const rejectionListSchema = z
  .strictObject({ data: z.array(rejectionViewSchema) })
  .meta({ id: "RejectionList", description: "The newest first." });

export type EndpointView = View<typeof endpointViewSchema>;
export type EndpointList = View<typeof endpointListSchema>;
export type RejectionView = View<typeof rejectionViewSchema>;
export type RejectionList = View<typeof rejectionListSchema>;
