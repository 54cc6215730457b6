import { z } from "zod";
import { isJobId, jobIdTime } from "../domain/id.ts";
import { InvalidRetry, retryPolicy } from "../domain/retry-options.ts";
import { MOST_ATTEMPTS } from "../domain/retry-policy.ts";
import { jobTimes } from "../domain/timing.ts";
import { callbackSchema } from "./callback.ts";
import { MOST_STEPS } from "./chain.ts";
import { durationSchema } from "./duration-schema.ts";
import { queueNameSchema } from "./queue-settings.ts";

/** How far a client's id may be from the present, so that jobs stay ordered by time: 24 hours. */
const ID_WINDOW_MS = 86_400_000;

/** Jobs in one batch. */
export const MOST_JOBS_PER_BATCH = 1_000;
/** Bytes of a batch's body. */
export const MOST_BATCH_BYTES = 10_000_000;

/** How far ahead a job may be scheduled: 100 years. */
const LONGEST_HORIZON_MS = 100 * 365.25 * 86_400_000;

const DEFAULT_QUEUE = "default";
const DEFAULT_PRIORITY = 5;

const idempotencyKey = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[\x21-\x7e]*$/, "must be printable ASCII without spaces");

/** An `Idempotency-Key` header. */
export const idempotencyKeySchema = idempotencyKey;

const horizon = { mostMs: LONGEST_HORIZON_MS, message: "must be within 100 years" };

const delay = durationSchema({ leastMs: 0, mostMs: Number.MAX_SAFE_INTEGER, message: "must not be negative" });

const retrySchema = z
  .strictObject({
    maxAttempts: z.int().optional(),
    backoff: z.union([z.enum(["exponential", "linear", "fixed"]), z.array(delay)]).optional(),
    base: delay.optional(),
    factor: z.number().optional(),
    cap: delay.optional(),
  })
  .superRefine((options, context) => {
    try {
      retryPolicy(options);
    } catch (error) {
      if (!(error instanceof InvalidRetry)) throw error;
      context.addIssue({ code: "custom", path: [error.option], message: error.message });
    }
  });

const uniqueSchema = z.strictObject({
  by: z
    .array(z.enum(["type", "payload", "queue"]))
    .min(1)
    .default(["type", "payload"]),
  while: z
    .union([z.literal("unfinished"), durationSchema({ leastMs: 1_000, ...horizon })])
    .default("unfinished")
    .describe("Until that job has finished, or for so long after it was enqueued."),
});

/** The name of a job type, whether or not there is a handler for it. */
export const typeSchema = z.string().min(1).max(100);

const names = {
  id: z
    .string()
    .refine(isJobId, "must be a UUIDv7 in lower case")
    .refine((id) => !isJobId(id) || Math.abs(jobIdTime(id) - Date.now()) <= ID_WINDOW_MS, "must be of these 24 hours")
    .optional()
    .meta({
      format: "uuid",
      description: "A UUIDv7 of the caller's, of these 24 hours: the same id again is the same job.",
    }),
  idempotencyKey: idempotencyKey.optional().describe("The same key again is the same job."),
};

/** What a caller sends to replay a job: how the new one is named, so that a repeated request makes no other. */
export const replayRequestSchema = z.strictObject(names).meta({ id: "ReplayRequest" });

export type ReplayRequest = z.output<typeof replayRequestSchema>;

/** The fields of a job, each by itself. */
export const jobFieldsSchema = z.strictObject({
  type: typeSchema,
  payload: z.unknown().optional().describe("What the type's handler takes. Null when it is left out."),
  ...names,
  queue: queueNameSchema.default(DEFAULT_QUEUE),
  priority: z.int().min(0).max(9).default(DEFAULT_PRIORITY).describe("Higher first."),
  maxAttempts: z.int().min(1).max(MOST_ATTEMPTS).optional().describe("Instead of the type's own."),
  retry: retrySchema.optional().describe("Instead of the type's own: the attempts, and the backoff as a whole."),
  unique: uniqueSchema
    .optional()
    .describe("While there is a job that is the same in these respects, it is answered instead of making another one."),
  delay: durationSchema({ leastMs: 0, ...horizon })
    .optional()
    .describe("Starts no earlier than this long from now."),
  runAt: z.iso
    .datetime({ offset: true, error: 'must be ISO 8601 with an offset, as "2027-01-31T09:00:00Z"' })
    .refine((time) => Date.parse(time) - Date.now() <= LONGEST_HORIZON_MS, horizon.message)
    .optional()
    .describe("Starts no earlier than then: ISO 8601 with its offset."),
  callback: callbackSchema.optional().describe("Who is told when the job has ended."),
  expireIn: durationSchema({ leastMs: 1, ...horizon })
    .optional()
    .describe("Ends `cancelled` when nobody has started it this long from now."),
});

export const stepSchema = wellTimed(
  jobFieldsSchema
    .pick({
      type: true,
      payload: true,
      queue: true,
      priority: true,
      maxAttempts: true,
      retry: true,
      delay: true,
      expireIn: true,
      callback: true,
    })
    .extend({
      delay: jobFieldsSchema.shape.delay.describe(
        "Starts no earlier than this long from the end of the job before it.",
      ),
      expireIn: jobFieldsSchema.shape.expireIn.describe(
        "Ends `cancelled` when nobody has started it this long from the end of the job before it.",
      ),
    }),
).meta({ id: "ChainJobRequest", description: "A job that follows on another." });

/** What may follow on a job, beside it. */
export const flowFields = {
  then: z.array(stepSchema).max(MOST_STEPS).optional().describe("What follows on its success, one after the other."),
  onFailure: stepSchema
    .optional()
    .describe("What follows when it fails or is cancelled, or one of those that follow on its success."),
};

const ONE_TIME = { path: ["runAt"], message: "a job has either a delay or a runAt" };

/** What a caller sends to enqueue one job. */
export const jobRequestSchema = wellTimed(jobFieldsSchema.extend(flowFields))
  .refine(hasOneTime, ONE_TIME)
  .meta({ id: "JobRequest" });

/** What a handler gives to enqueue one job: its id is given to it. */
export const childRequestSchema = wellTimed(
  jobFieldsSchema.omit({ id: true, idempotencyKey: true, unique: true }).extend(flowFields),
).refine(hasOneTime, ONE_TIME);

function hasOneTime({ delay, runAt }: TimedFields): boolean {
  return delay === undefined || runAt === undefined;
}

function wellTimed<Schema extends z.ZodType<TimedFields>>(schema: Schema): Schema {
  return schema
    .refine(({ maxAttempts, retry }) => maxAttempts === undefined || retry?.maxAttempts === undefined, {
      path: ["retry", "maxAttempts"],
      message: "a job has it here or as maxAttempts",
    })
    .refine(isDueInTime, {
      when: ({ issues }) => issues.length === 0,
      path: ["expireIn"],
      message: "the job would expire before it is due",
    });
}

type TimedFields = Pick<z.output<typeof jobFieldsSchema>, "delay" | "expireIn" | "maxAttempts" | "retry"> & {
  readonly runAt?: string | undefined;
};

function isDueInTime(timing: TimedFields): boolean {
  const { dueAt, expiresAt } = jobTimes(timing, Date.now());
  return dueAt === null || expiresAt === null || dueAt < expiresAt;
}

export const batchRequestSchema = z.strictObject({
  jobs: z.array(z.unknown()).min(1).max(MOST_JOBS_PER_BATCH),
  /** Makes a group of them, see `groupRequestSchema`. */
  group: z.unknown().optional(),
});

export type ParsedStep = z.output<typeof stepSchema>;
export type JobRequest = z.input<typeof jobRequestSchema>;
export type EnqueueOptions = Omit<JobRequest, "type" | "payload">;
