import { z } from "zod";
import { durationMs } from "../domain/duration.ts";
import { durationSchema } from "./duration-schema.ts";
import { queueNameSchema } from "./queue-settings.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 86_400_000;

/** The name of an alert. */
export const alertNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,100}$/, 'must be 1 to 100 letters, digits, ".", "_", "-"');

const common = {
  queue: queueNameSchema.optional().describe("Left out: all queues together."),
  url: z.string().describe("Who is told. It is held against the rules of callbacks."),
};

/** What a caller sends to make an alert, or to change it into this. */
export const alertRequestSchema = z
  .discriminatedUnion("measure", [
    z.strictObject({
      ...common,
      measure: z.literal("oldest_due_age"),
      threshold: durationSchema({ leastMs: 10 * SECOND, mostMs: 30 * DAY, message: "must be 10 s to 30 days" }),
    }),
    z.strictObject({
      ...common,
      measure: z.enum(["failure_ratio", "unavailable_ratio"]),
      threshold: z.number().gt(0).lte(1).describe("Of all events: 0.05 is one of twenty."),
      window: durationSchema({ leastMs: MINUTE, mostMs: 60 * MINUTE, message: "must be 1 to 60 minutes" })
        .refine((window) => durationMs(window) % MINUTE === 0, { error: "must be full minutes", abort: true })
        .default("5m"),
      minEvents: z.int().min(1).max(1_000_000).default(10).describe("It does not fire for fewer events."),
    }),
  ])
  .meta({ id: "AlertRequest" });

export type AlertRequest = z.input<typeof alertRequestSchema>;
