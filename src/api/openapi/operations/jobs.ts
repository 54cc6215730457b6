import { z } from "zod";
import { groupRequestSchema } from "../../../protocol/groups.ts";
import { jobListQuerySchema } from "../../../protocol/job-list-query.ts";
import {
  batchRequestSchema,
  jobRequestSchema,
  MOST_JOBS_PER_BATCH,
  replayRequestSchema,
} from "../../../protocol/job-request.ts";
import {
  enqueuedJobViewSchema,
  jobBatchSchema,
  jobListSchema,
  jobViewSchema,
  readerJobViewSchema,
  readTokenViewSchema,
} from "../../../protocol/job-view.ts";
import type { ProblemCode } from "../../../protocol/problem-codes.ts";
import {
  CANCELLED_JOB,
  FINISHED_JOB,
  GROUP_ID,
  QUEUED_JOB,
  READ_JOB,
  READ_TOKEN,
  REPLAYED_JOB,
  REPORT,
} from "../examples.ts";
import type { HeaderName } from "../headers.ts";
import type { Answer, Resource } from "../operation.ts";
import { bookmarkHeaders, idempotencyHeaders, jobPath, traceHeaders, waitHeaders, waitQuery } from "../parameters.ts";

/** What may stand in the way of a new job, however it comes about. */
export const ADMISSION: readonly ProblemCode[] = [
  "rate_limited",
  "backlog_full",
  "overloaded",
  "tenant_not_found",
  "refused",
];

export const ENQUEUED_HEADERS: readonly HeaderName[] = [
  "Location",
  "RateLimit",
  "RateLimit-Policy",
  "Idempotent-Replayed",
  "Sluice-Bookmark",
];

const WITH_OPTIONS = {
  ...REPORT,
  queue: "reports",
  priority: 3,
  delay: "1s",
  expireIn: "1h",
  retry: { maxAttempts: 2, backoff: "fixed", base: "1s" },
  unique: { by: ["type", "payload"], while: "unfinished" },
  idempotencyKey: "report-2027-01-31",
};

const CHAIN = {
  ...REPORT,
  then: [{ ...REPORT, delay: "1s", expireIn: "1h" }],
  onFailure: { ...REPORT, queue: "reports", maxAttempts: 2 },
};

const GROUP = { jobs: [REPORT, WITH_OPTIONS], group: { name: "reports", onComplete: REPORT, onFailure: "stop" } };

const enqueued: Answer = {
  description: "The job is durable.",
  schema: enqueuedJobViewSchema,
  example: QUEUED_JOB,
  headers: [...ENQUEUED_HEADERS, "Preference-Applied"],
};

const batch = batchRequestSchema
  .extend({
    jobs: z.array(jobRequestSchema).min(1).max(MOST_JOBS_PER_BATCH),
    group: groupRequestSchema.optional().describe("Makes a group of them."),
  })
  .meta({ id: "BatchRequest" });

export const jobs: Resource = {
  name: "Jobs",
  description: "Work that is enqueued, run in the background, and kept with its result.",
  operations: {
    "POST /v1/jobs": {
      id: "enqueueJob",
      summary: "Enqueue a job",
      description: "Answered once the job is durable, or with `wait` once it has finished.",
      query: waitQuery.extend({
        readToken: z.enum(["true", "false"]).optional().meta({
          description: "Whether the answer brings a token that an end user may read the job with.",
          example: "true",
        }),
      }),
      headers: idempotencyHeaders.extend(waitHeaders.shape).extend(traceHeaders.shape),
      body: { schema: jobRequestSchema, examples: { report: REPORT, withOptions: WITH_OPTIONS, chain: CHAIN } },
      answers: {
        200: { ...enqueued, description: "The job has finished within the wait.", example: FINISHED_JOB },
        202: enqueued,
      },
      problems: ["type_not_allowed", "unknown_type", "idempotency_key_reused", "not_configured", ...ADMISSION],
    },
    "GET /v1/jobs": {
      id: "listJobs",
      summary: "List jobs, the newest first",
      query: jobListQuerySchema,
      headers: bookmarkHeaders,
      answers: {
        200: {
          description: "A page of jobs.",
          schema: jobListSchema,
          example: { data: [QUEUED_JOB], nextCursor: null },
          headers: ["Sluice-Bookmark"],
        },
      },
      problems: ["invalid_cursor", "type_not_allowed"],
    },
    "POST /v1/jobs/batch": {
      id: "enqueueJobs",
      summary: `Enqueue up to ${MOST_JOBS_PER_BATCH.toLocaleString("en")} jobs: all of them, or none`,
      headers: idempotencyHeaders.extend(traceHeaders.shape),
      body: { schema: batch, examples: { reports: { jobs: [REPORT, WITH_OPTIONS] }, group: GROUP } },
      answers: {
        202: {
          description: "All jobs are durable; in the order of the request.",
          schema: jobBatchSchema,
          examples: {
            reports: { data: [QUEUED_JOB] },
            group: { data: [{ ...QUEUED_JOB, groupId: GROUP_ID }] },
          },
          headers: ENQUEUED_HEADERS.filter((name) => name !== "Location"),
        },
      },
      problems: [
        "type_not_allowed",
        "unknown_type",
        "idempotency_key_reused",
        "batch_exceeds_burst",
        "batch_exceeds_backlog",
        ...ADMISSION,
      ],
    },
    "GET /v1/jobs/:id": {
      id: "getJob",
      summary: "Read a job, or wait for its end",
      path: jobPath,
      query: waitQuery.extend({
        include: z
          .literal("stepResults")
          .optional()
          .meta({ description: "With what its finished steps have returned.", example: "stepResults" }),
      }),
      headers: bookmarkHeaders.extend(waitHeaders.shape),
      answers: {
        200: {
          description: "The job, with its payload and result. With a read token: what is meant for end users.",
          schema: z.union([jobViewSchema, readerJobViewSchema]),
          examples: { withKey: FINISHED_JOB, withReadToken: READ_JOB },
          headers: ["Preference-Applied", "Sluice-Bookmark"],
        },
      },
      problems: ["job_not_found", "type_not_allowed"],
    },
    "POST /v1/jobs/:id/cancel": {
      id: "cancelJob",
      summary: "Cancel a job",
      path: jobPath,
      answers: {
        200: { description: "It is cancelled.", schema: jobViewSchema, example: CANCELLED_JOB },
        202: {
          description: "It runs, and was asked to end.",
          schema: jobViewSchema,
          example: { ...QUEUED_JOB, state: "running", attempt: 1, startedAt: "2027-01-31T09:00:00.020Z" },
        },
      },
      problems: ["job_not_found", "type_not_allowed", "job_finished", "overloaded"],
    },
    "POST /v1/jobs/:id/run": {
      id: "runJobNow",
      summary: "Run a job now that waits for a later time",
      path: jobPath,
      answers: { 200: { description: "It is due.", schema: jobViewSchema, example: QUEUED_JOB } },
      problems: ["job_not_found", "type_not_allowed", "job_not_waiting", "job_finished", "overloaded"],
    },
    "POST /v1/jobs/:id/replay": {
      id: "replayJob",
      summary: "Make a new job that repeats a finished one",
      path: jobPath,
      headers: idempotencyHeaders,
      body: { schema: replayRequestSchema, examples: { named: { idempotencyKey: "replay-4711" } }, optional: true },
      answers: {
        202: {
          description: "The new job is durable.",
          schema: jobViewSchema,
          example: REPLAYED_JOB,
          headers: ENQUEUED_HEADERS,
        },
      },
      problems: [
        "job_not_found",
        "type_not_allowed",
        "job_not_finished",
        "unknown_type",
        "not_replayable",
        "idempotency_key_reused",
        ...ADMISSION,
      ],
    },
    "POST /v1/jobs/:id/read-token": {
      id: "createReadToken",
      summary: "Make a token that an end user's browser may read one job with",
      path: jobPath,
      answers: {
        201: { description: "It reads the job, and follows it.", schema: readTokenViewSchema, example: READ_TOKEN },
      },
      problems: ["job_not_found", "type_not_allowed", "not_configured"],
    },
  },
};
