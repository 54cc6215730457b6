import { z } from "zod";
import { durationMs } from "../domain/duration.ts";
import { durationSchema } from "../protocol/duration-schema.ts";
import { jobFieldsSchema } from "../protocol/job-request.ts";
import { eventFilterSchema } from "./event-filter.ts";
import { PRESETS, presetScheme } from "./presets.ts";
import { schemeSchema } from "./scheme.ts";

const LONGEST_SECRET = 4_096;
const MOST_NAME_CHARACTERS = 128;

export const endpointNameSchema = z
  .string()
  .max(MOST_NAME_CHARACTERS)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be letters, digits, ".", "_", "-"');

const secretSchema = z.string().min(1).max(LONGEST_SECRET);

/** What a caller sends to make an endpoint, or to replace what it is set to: with its scheme, whichever way it was given. */
export const endpointRequestSchema = jobFieldsSchema
  .pick({ type: true, queue: true, priority: true })
  .extend({
    provider: z.string().optional().describe("The name of a preset, as `github`. Either this or `scheme`."),
    scheme: schemeSchema.optional(),
    secret: secretSchema
      .optional()
      .describe("What the provider signs with. Left out, an endpoint keeps the secret that it has."),
    events: eventFilterSchema
      .default([])
      .describe("Names and beginnings (`invoice.*`) of the events that become jobs. None: all."),
    disabled: z.boolean().default(false).describe("Answers 404 to its provider."),
  })
  .meta({ id: "EndpointRequest" })
  .transform(({ provider, scheme, ...rest }, context) => {
    const found = provider === undefined ? scheme : presetScheme(provider);
    if (found == null || (provider !== undefined && scheme !== undefined)) {
      const names = Object.keys(PRESETS).join(", ");
      const unknown = provider !== undefined && scheme === undefined;
      context.addIssue({
        code: "custom",
        path: unknown ? ["provider"] : [],
        message: unknown ? `must be one of ${names}; or describe it by "scheme"` : 'must have "provider" or "scheme"',
      });
      return z.NEVER;
    }
    if (rest.events.length > 0 && found.event.length === 0) {
      context.addIssue({
        code: "custom",
        path: ["events"],
        message: "cannot be filtered: these webhooks name no event",
      });
      return z.NEVER;
    }
    return { ...rest, provider: provider ?? null, scheme: found };
  });

export type ParsedEndpointRequest = z.output<typeof endpointRequestSchema>;

/** What a caller sends to give an endpoint a new secret; the one so far stays valid for `overlap`, in milliseconds. */
export const rotateEndpointSchema = z
  .strictObject({
    secret: secretSchema,
    overlap: durationSchema({ leastMs: 0, mostMs: 30 * 86_400_000, message: "must be 0 to 30 days" })
      .default("24h")
      .describe("How long the secret so far stays valid.")
      .transform(durationMs),
  })
  .meta({ id: "EndpointRotation" });
