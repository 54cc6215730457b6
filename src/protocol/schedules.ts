import { z } from "zod";
import type { Callback } from "../domain/callback.ts";
import { cronProblem, timezoneProblem } from "../domain/cron.ts";
import { isJobId } from "../domain/id.ts";
import { MISSED_POLICIES, OVERLAPS } from "../domain/schedule.ts";
import type { JobDraft } from "./gate.ts";
import { flowFields, jobFieldsSchema } from "./job-request.ts";
import type { JobView } from "./job-view.ts";
import type { JobTypes } from "./jobs-api.ts";

const LONGEST_CRON = 200;
const LONGEST_TIMEZONE = 64;

/** The job of a schedule: what each tick makes a {@link JobDraft} of. */
export type ScheduledDraft = Omit<JobDraft, "id" | "dueAt" | "expiresAt" | "callback"> & {
  readonly callback?: Callback | null;
  /** From the moment at which the job is enqueued. */
  readonly expireInMs: number | null;
  /** What is in `next`, which is large, as callers see it; left out: nothing. */
  readonly flow?: Pick<JobView, "next" | "onFailure">;
};

/** Whether a schedule may have this name. */
export function isScheduleName(name: string): boolean {
  return /^[A-Za-z0-9._-]{1,100}$/.test(name);
}

const checked = (longest: number, problem: (text: string) => string | null) =>
  z
    .string()
    .max(longest)
    .superRefine((text, issues) => {
      const message = problem(text);
      if (message !== null) issues.addIssue({ code: "custom", message });
    });

/** What a caller sends to make a schedule, or to change it into this. */
export const scheduleRequestSchema = jobFieldsSchema
  .pick({
    type: true,
    payload: true,
    queue: true,
    priority: true,
    maxAttempts: true,
    retry: true,
    expireIn: true,
    callback: true,
  })
  .extend({
    ...flowFields,
    cron: checked(LONGEST_CRON, cronProblem).describe("5 fields, or 6 with seconds before them."),
    timezone: checked(LONGEST_TIMEZONE, timezoneProblem).default("UTC").describe("Of the IANA database."),
    overlap: z.enum(OVERLAPS).default("allow").describe("`skip`: no new job while the last one has not finished."),
    missed: z
      .enum(MISSED_POLICIES)
      .default("skip")
      .describe("What becomes of ticks that nobody could run in time: none of them runs, or one job for the latest."),
    paused: z.boolean().default(false),
  })
  .meta({ id: "ScheduleRequest" });

/** What a caller may send to run a schedule's job now. */
export const runRequestSchema = z
  .strictObject({
    id: z.string().refine(isJobId, "must be a UUIDv7 in lower case").optional().meta({
      format: "uuid",
      description: "A UUIDv7 of the caller's for the job: the same id again is the same job.",
    }),
  })
  .meta({ id: "ScheduleRun" });

export type ScheduleRequest = z.input<typeof scheduleRequestSchema>;

/** What typed callers send: the type and its payload belong together. */
export type TypedSchedule<Types extends JobTypes> = {
  [Type in keyof Types & string]: { type: Type; payload: Types[Type]["payload"] } & Omit<
    ScheduleRequest,
    "type" | "payload"
  >;
}[keyof Types & string];
