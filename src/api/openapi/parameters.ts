import { z } from "zod";
import { idempotencyKeySchema } from "../../protocol/job-request.ts";
import { LONGEST_WAIT_SECONDS } from "../../protocol/wait-for-job.ts";
import { JOB_ID } from "./examples.ts";

/** A path with one parameter. */
export function pathOf(name: string, description: string, example: string): z.ZodObject {
  return z.object({ [name]: z.string().meta({ description, example }) });
}

export const jobPath = pathOf("id", "The job's id.", JOB_ID);

const seconds = `seconds, at most ${LONGEST_WAIT_SECONDS}`;

/** Waiting, where a route does so. */
export const waitQuery = z.object({
  wait: z
    .number()
    .min(0)
    .optional()
    .meta({ description: `Answers when the job has finished, or after so long: ${seconds}.`, example: 0.01 }),
});

export const waitHeaders = z.object({
  Prefer: z
    .string()
    .optional()
    .meta({ description: `As \`wait\` (RFC 7240): ${seconds}.`, example: "wait=5" }),
});

export const bookmarkHeaders = z.object({
  "Sluice-Bookmark": z
    .string()
    .optional()
    .describe("From a response before: what is read is at least as new. Anything else is ignored."),
});

/** Naming a request, so that the same one again makes nothing new. */
export const idempotencyHeaders = z.object({
  "Idempotency-Key": idempotencyKeySchema
    .optional()
    .meta({ description: "Stands for `idempotencyKey` of the body.", example: "order-4711" }),
});

/** Where in a stream of events to go on. */
export const lastEventHeaders = z.object({
  "Last-Event-ID": z
    .string()
    .optional()
    .describe("As `lastEventId`, before which it goes: what an `EventSource` sends when it comes back."),
});

/** What a job is traced as a part of. */
export const traceHeaders = z.object({
  traceparent: z.string().optional().meta({
    description: "The trace that the job belongs to (W3C Trace Context). What is none is ignored.",
    example: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  }),
});
