import { z } from "zod";
import { durationSchema } from "./duration-schema.ts";

const MOST_NAME_CHARACTERS = 128;
const LONGEST_PERIOD_DAYS = 31;

/** The name of a queue. */
export const queueNameSchema = z
  .string()
  .max(MOST_NAME_CHARACTERS)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]*$/, 'must be letters, digits, ".", "_", "/", "-"');

/** What settings are given for: a queue's name, or a pattern as `customer/*` for each queue that it matches. */
export const queuePatternSchema = z
  .string()
  .max(MOST_NAME_CHARACTERS)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]*(\/\*)?$/, 'must be letters, digits, ".", "_", "/", "-", and may end with "/*"');

/** What a caller sends to limit a queue; what is left out is not limited. */
export const queueRequestSchema = z
  .strictObject({
    concurrency: z.int().min(1).max(10_000).optional().describe("Jobs of the queue in the Queue or running."),
    rate: z
      .strictObject({
        limit: z.int().min(1).max(1_000_000),
        period: durationSchema({
          leastMs: 100,
          mostMs: LONGEST_PERIOD_DAYS * 86_400_000,
          message: `must be 100 ms to ${LONGEST_PERIOD_DAYS} days`,
        }),
      })
      .optional()
      .describe("At most `limit` starts in each `period`."),
    paused: z.boolean().optional().describe("Nothing of the queue is started."),
  })
  .meta({ id: "QueueRequest" });

export type QueueRequest = z.input<typeof queueRequestSchema>;
