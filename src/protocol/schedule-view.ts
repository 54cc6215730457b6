import { z } from "zod";
import { MISSED_POLICIES, OVERLAPS } from "../domain/schedule.ts";
import { callbackTargetSchema, chainJobViewSchema } from "./job-view.ts";
import { type View, viewIdSchema, viewTimeSchema } from "./view.ts";

export const scheduleViewSchema = z
  .strictObject({
    name: z.string(),
    cron: z.string(),
    timezone: z.string(),
    type: z.string(),
    queue: z.string(),
    priority: z.int(),
    maxAttempts: z.int(),
    expireIn: z.number().nullable().describe("Seconds."),
    callback: callbackTargetSchema.nullable().describe("Who is told when a job of it has ended."),
    next: z.array(chainJobViewSchema).describe("What follows on a job's success: the request's `then`."),
    onFailure: chainJobViewSchema
      .nullable()
      .describe("What follows when its job fails or is cancelled, or one of those that follow on its success."),
    overlap: z.enum(OVERLAPS),
    missed: z.enum(MISSED_POLICIES),
    paused: z.boolean(),
    nextRuns: z.array(viewTimeSchema).describe("The next five ticks; none while it is paused."),
    lastRun: z
      .strictObject({ at: viewTimeSchema, jobId: viewIdSchema })
      .nullable()
      .describe("The last tick that got a job, and that job."),
    createdAt: viewTimeSchema,
    updatedAt: viewTimeSchema,
    payload: z.unknown().optional().describe("Not in lists."),
  })
  .meta({ id: "Schedule", description: "A schedule as callers see it. Times are ISO 8601 in UTC." });

export const scheduleListSchema = z
  .strictObject({
    data: z.array(scheduleViewSchema),
    nextCursor: z.string().nullable().describe("Null on the last page."),
  })
  .meta({ id: "ScheduleList", description: "By name." });

export type ScheduleView = View<typeof scheduleViewSchema>;
export type ScheduleList = View<typeof scheduleListSchema>;
