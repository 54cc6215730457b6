import { z } from "zod";
import { CALLBACK_CONDITIONS } from "../domain/callback.ts";
import { CANCEL_REASONS, JOB_STATES } from "../domain/job.ts";
import { LOG_LEVELS } from "../domain/log-line.ts";
import { type View, viewIdSchema, viewTimeSchema } from "./view.ts";

const attemptFailureSchema = z
  .strictObject({
    attempt: z.int(),
    startedAt: viewTimeSchema.nullable(),
    at: viewTimeSchema.describe("When it ended."),
    kind: z.enum(["error", "timeout", "crash", "cancelled"]),
    name: z.string(),
    message: z.string(),
    stack: z.string().optional(),
  })
  .meta({ id: "AttemptFailure", description: "A failed attempt, as kept with its job." });

/** Who is told when a job has ended, without the delivery. */
export const callbackTargetSchema = z.strictObject({ url: z.string(), on: z.enum(CALLBACK_CONDITIONS) });

const callbackViewSchema = callbackTargetSchema
  .extend({
    jobId: viewIdSchema
      .nullable()
      .describe("The job that delivers it; null until the job has ended so that somebody is told."),
  })
  .meta({ id: "CallbackDelivery" });

const logLineSchema = z
  .strictObject({
    attempt: z.int(),
    at: viewTimeSchema,
    level: z.enum(LOG_LEVELS),
    message: z.string(),
    fields: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
  })
  .meta({ id: "LogLine", description: "A line that a handler has written into its job's log." });

const stepSchema = z
  .strictObject({
    name: z.string(),
    attempt: z.int().describe("The attempt that has run it."),
    at: viewTimeSchema.describe("When it finished."),
    result: z.unknown().optional().describe("Only when asked for."),
  })
  .meta({ id: "Step", description: "A finished step of a job." });

export const chainJobViewSchema = z
  .strictObject({ type: z.string(), queue: z.string() })
  .meta({ id: "ChainJob", description: "A job that is to follow on another." });

export const jobViewSchema = z
  .strictObject({
    id: viewIdSchema,
    type: z.string(),
    queue: z.string(),
    priority: z.int(),
    state: z.enum(JOB_STATES),
    attempt: z.int().describe("Attempts so far; a hand-back, which is no failure, counts here too."),
    maxAttempts: z.int(),
    createdAt: viewTimeSchema,
    startedAt: viewTimeSchema.nullable(),
    finishedAt: viewTimeSchema.nullable(),
    dueAt: viewTimeSchema.nullable().describe("When a scheduled or retrying job is due."),
    expiresAt: viewTimeSchema.nullable().describe("When it ends `cancelled` if nobody has started it."),
    cancelReason: z.enum(CANCEL_REASONS).nullable(),
    replayOf: viewIdSchema.nullable().describe("The job that this one replays."),
    callback: callbackViewSchema.nullable().describe("Who is told when it has ended."),
    parentId: viewIdSchema.nullable().describe("The job whose end, or whose attempt, has brought this one about."),
    groupId: viewIdSchema.nullable().describe("The group that it is a member of."),
    // A field `then` would make each job that is written as JSON a special case of the runtime's, which is slower and
    // cannot write what is nested very deeply.
    next: z
      .array(chainJobViewSchema)
      .describe("What follows on its success, one after the other: the request's `then`."),
    onFailure: chainJobViewSchema
      .nullable()
      .describe("What follows when it fails or is cancelled, or one of those that follow on its success."),
    nextJobId: viewIdSchema.nullable().describe("The job of these that has followed on its end."),
    errors: z.array(attemptFailureSchema),
    payload: z.unknown().optional().describe("In lists only when asked for."),
    previous: z
      .unknown()
      .optional()
      .describe(
        "What came of the job before it in its chain, or of its group; with the payload, and only where there is such.",
      ),
    result: z.unknown().optional().describe("Null until the job has succeeded. In lists only when asked for."),
    logs: z
      .array(logLineSchema)
      .optional()
      .describe("What its handler has said, in its newest attempts. Not in lists."),
    steps: z.array(stepSchema).optional().describe("Those that have finished, and so are not run again. Not in lists."),
  })
  .meta({ id: "Job", description: "A job as callers see it. Times are ISO 8601 in UTC." });

export const readerJobViewSchema = jobViewSchema
  .pick({
    id: true,
    type: true,
    state: true,
    attempt: true,
    maxAttempts: true,
    createdAt: true,
    startedAt: true,
    finishedAt: true,
    dueAt: true,
    result: true,
  })
  .meta({
    id: "ReaderJob",
    description: "A job as an end user sees it: without what was sent, who is told, and what went wrong.",
  });

export const readTokenViewSchema = z
  .strictObject({ token: z.string().describe("For `Authorization: Bearer …`."), expiresAt: viewTimeSchema })
  .meta({ id: "ReadToken", description: "What an end user's browser may read one job with." });

export const enqueuedJobViewSchema = jobViewSchema
  .extend({ readToken: readTokenViewSchema.optional().describe("With `readToken=true`.") })
  .meta({ id: "EnqueuedJob", description: "The job, and the token that was asked for with it." });

export const jobListSchema = z
  .strictObject({
    data: z.array(jobViewSchema),
    nextCursor: z
      .string()
      .nullable()
      .describe("Null on the last page. A page with a next may be empty: it looked at as many jobs as a page may."),
  })
  .meta({ id: "JobList" });

/** What a batch is answered with: its jobs, in their order. */
export const jobBatchSchema = z.strictObject({ data: z.array(jobViewSchema) }).meta({ id: "JobBatch" });

export type AttemptFailure = View<typeof attemptFailureSchema>;
export type CallbackView = View<typeof callbackViewSchema>;
export type LogLineView = View<typeof logLineSchema>;
export type StepView = View<typeof stepSchema>;
export type ChainJobView = View<typeof chainJobViewSchema>;

/** A job as callers see it. Times are ISO 8601 in UTC. */
export type JobView<Payload = unknown, Result = unknown> = Omit<View<typeof jobViewSchema>, "payload" | "result"> & {
  readonly payload?: Payload;
  readonly result?: Result | null;
};

export type JobList = View<typeof jobListSchema>;

/** A job as an end user sees it: without what was sent, who is told, and what went wrong. */
export type ReaderJobView = View<typeof readerJobViewSchema>;

/** What an end user's browser may read one job with. */
export type ReadTokenView = View<typeof readTokenViewSchema>;
