import { z } from "zod";
import type { Callback } from "../domain/callback.ts";
import { cronProblem, timezoneProblem } from "../domain/cron.ts";
import { isJobId } from "../domain/id.ts";
import { MISSED_POLICIES, type MissedPolicy, OVERLAPS, type Overlap } from "../domain/schedule.ts";
import type { JobDraft } from "./gate.ts";
import { jobFieldsSchema } from "./job-request.ts";
import type { JobTypes } from "./jobs-api.ts";

const LONGEST_CRON = 200;
const LONGEST_TIMEZONE = 64;

/** The job of a schedule: what each tick makes a {@link JobDraft} of. */
export type ScheduledDraft = Omit<JobDraft, "id" | "dueAt" | "expiresAt" | "callback"> & {
  readonly callback?: Callback | null;
  /** From the moment at which the job is enqueued. */
  readonly expireInMs: number | null;
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
    /** 5 fields, or 6 with seconds before them. */
    cron: checked(LONGEST_CRON, cronProblem),
    /** IANA. */
    timezone: checked(LONGEST_TIMEZONE, timezoneProblem).default("UTC"),
    overlap: z.enum(OVERLAPS).default("allow"),
    missed: z.enum(MISSED_POLICIES).default("skip"),
    paused: z.boolean().default(false),
  });

/** What a caller may send to run a schedule's job now. */
export const runRequestSchema = z.strictObject({
  /** A UUIDv7 of the caller's for the job: the same id again is the same job. */
  id: z.string().refine(isJobId, "must be a UUIDv7 in lower case").optional(),
});

export type ScheduleRequest = z.input<typeof scheduleRequestSchema>;

/** What typed callers send: the type and its payload belong together. */
export type TypedSchedule<Types extends JobTypes> = {
  [Type in keyof Types & string]: { type: Type; payload: Types[Type]["payload"] } & Omit<
    ScheduleRequest,
    "type" | "payload"
  >;
}[keyof Types & string];

/** A schedule as callers see it. Times are ISO 8601 in UTC. */
export interface ScheduleView {
  readonly name: string;
  readonly cron: string;
  readonly timezone: string;
  readonly type: string;
  readonly queue: string;
  readonly priority: number;
  readonly maxAttempts: number;
  /** Seconds. */
  readonly expireIn: number | null;
  /** Who is told when a job of it has ended. */
  readonly callback: Callback | null;
  readonly overlap: Overlap;
  readonly missed: MissedPolicy;
  readonly paused: boolean;
  /** The next five ticks; none while it is paused. */
  readonly nextRuns: readonly string[];
  /** The last tick that got a job, and that job. */
  readonly lastRun: { readonly at: string; readonly jobId: string } | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Not in lists. */
  readonly payload?: unknown;
}

/** By name. */
export interface ScheduleList {
  readonly data: readonly ScheduleView[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
}
