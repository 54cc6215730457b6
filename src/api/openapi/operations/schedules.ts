import { jobViewSchema } from "../../../protocol/job-view.ts";
import { pageQuerySchema } from "../../../protocol/page-query.ts";
import { scheduleListSchema, scheduleViewSchema } from "../../../protocol/schedule-view.ts";
import { runRequestSchema, scheduleRequestSchema } from "../../../protocol/schedules.ts";
import { JOB_ID, QUEUED_JOB, REPORT } from "../examples.ts";
import type { Resource } from "../operation.ts";
import { pathOf } from "../parameters.ts";
import { ADMISSION, ENQUEUED_HEADERS } from "./jobs.ts";

const path = pathOf("name", "The schedule's name.", "nightly");

const REQUEST = {
  ...REPORT,
  cron: "0 9 * * 1",
  timezone: "Europe/Berlin",
  overlap: "skip",
  missed: "runOnce",
  paused: true,
};

const FOLLOWED = { ...REPORT, cron: "0 9 * * 1", then: [{ ...REPORT, delay: "1s" }], onFailure: REPORT };

const LISTED = {
  name: "nightly",
  cron: REQUEST.cron,
  timezone: REQUEST.timezone,
  type: REQUEST.type,
  queue: "default",
  priority: 5,
  maxAttempts: 5,
  expireIn: null,
  callback: null,
  next: [],
  onFailure: null,
  overlap: "skip",
  missed: "runOnce",
  paused: false,
  nextRuns: ["2027-02-01T08:00:00.000Z"],
  lastRun: { at: "2027-01-25T08:00:00.000Z", jobId: JOB_ID },
  createdAt: "2027-01-01T00:00:00.000Z",
  updatedAt: "2027-01-01T00:00:00.000Z",
};
const SCHEDULE = { ...LISTED, payload: REPORT.payload };
const schedule = { schema: scheduleViewSchema, example: SCHEDULE };

export const schedules: Resource = {
  name: "Schedules",
  description: "Jobs by the clock: one for each tick of a cron expression.",
  operations: {
    "GET /v1/schedules": {
      id: "listSchedules",
      summary: "List schedules, by name",
      query: pageQuerySchema,
      answers: {
        200: {
          description: "A page of schedules.",
          schema: scheduleListSchema,
          example: { data: [LISTED], nextCursor: null },
        },
      },
      problems: ["invalid_cursor"],
    },
    "GET /v1/schedules/:name": {
      id: "getSchedule",
      summary: "Read a schedule",
      path,
      answers: { 200: { ...schedule, description: "The schedule." } },
      problems: ["schedule_not_found", "type_not_allowed"],
    },
    "PUT /v1/schedules/:name": {
      id: "putSchedule",
      summary: "Make a schedule, or change it into this",
      path,
      body: { schema: scheduleRequestSchema, examples: { weekly: REQUEST, followed: FOLLOWED } },
      answers: {
        200: { ...schedule, description: "It was changed." },
        201: { ...schedule, description: "It was made." },
      },
      problems: ["type_not_allowed", "unknown_type", "too_many_schedules"],
    },
    "DELETE /v1/schedules/:name": {
      id: "deleteSchedule",
      summary: "Delete a schedule; the jobs that it has enqueued stay",
      path,
      answers: { 204: { description: "It is gone." } },
      problems: ["schedule_not_found", "type_not_allowed"],
    },
    "POST /v1/schedules/:name/pause": {
      id: "pauseSchedule",
      summary: "Pause a schedule",
      path,
      answers: {
        200: { ...schedule, description: "It is paused.", example: { ...SCHEDULE, paused: true, nextRuns: [] } },
      },
      problems: ["schedule_not_found", "type_not_allowed"],
    },
    "POST /v1/schedules/:name/resume": {
      id: "resumeSchedule",
      summary: "Resume a schedule with its next tick from now",
      path,
      answers: { 200: { ...schedule, description: "It goes on." } },
      problems: ["schedule_not_found", "type_not_allowed"],
    },
    "POST /v1/schedules/:name/run": {
      id: "runSchedule",
      summary: "Enqueue a schedule's job now, beside its ticks",
      path,
      body: { schema: runRequestSchema, examples: { named: {} }, optional: true },
      answers: {
        202: {
          description: "The job is durable.",
          schema: jobViewSchema,
          example: QUEUED_JOB,
          headers: ENQUEUED_HEADERS.filter((name) => name !== "Sluice-Bookmark"),
        },
      },
      problems: ["schedule_not_found", "type_not_allowed", "unknown_type", "idempotency_key_reused", ...ADMISSION],
    },
  },
};
