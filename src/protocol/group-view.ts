import { z } from "zod";
import { FAILURE_POLICIES, GROUP_STATES } from "../domain/group.ts";
import { chainJobViewSchema } from "./job-view.ts";
import { type View, viewIdSchema, viewTimeSchema } from "./view.ts";

const onCompleteSchema = chainJobViewSchema
  .extend({ jobId: viewIdSchema.nullable().describe("Null until the group is complete.") })
  .meta({ id: "GroupCompletion", description: "The job that follows on a group." });

export const groupViewSchema = z
  .strictObject({
    id: viewIdSchema,
    name: z.string().nullable(),
    state: z.enum(GROUP_STATES).describe("`stopped`: its jobs that do not run are being cancelled."),
    onFailure: z
      .enum(FAILURE_POLICIES)
      .describe("What the first of its jobs that fails, or is cancelled, does: nothing, or it stops the group."),
    total: z.int().describe("Its jobs. One that is followed by its chain counts as one with it."),
    open: z.int().describe("Those that have not ended."),
    succeeded: z.int(),
    failed: z.int(),
    cancelled: z.int(),
    onComplete: onCompleteSchema.nullable().describe("What follows when all of its jobs have ended."),
    parentId: viewIdSchema.nullable().describe("The job that has enqueued it."),
    createdAt: viewTimeSchema,
    stoppedAt: viewTimeSchema.nullable(),
    completedAt: viewTimeSchema.nullable(),
  })
  .meta({ id: "Group", description: "A batch whose jobs are counted together. Times are ISO 8601 in UTC." });

export const groupListSchema = z
  .strictObject({
    data: z.array(groupViewSchema),
    nextCursor: z
      .string()
      .nullable()
      .describe("Null on the last page. A page with a next may be empty: it looked at as many groups as a page may."),
  })
  .meta({ id: "GroupList", description: "Newest first." });

/** A group as callers see it. Times are ISO 8601 in UTC. */
export type GroupView = View<typeof groupViewSchema>;
export type GroupList = View<typeof groupListSchema>;
