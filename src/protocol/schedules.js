import { z } from "zod";
import { cronProblem, timezoneProblem } from "../domain/cron.ts";
import { isJobId } from "../domain/id.ts";
import { MISSED_POLICIES, OVERLAPS } from "../domain/schedule.ts";
import { jobFieldsSchema } from "./job-request.ts";

const LONGEST_CRON = 200;
const LONGEST_TIMEZONE = 64;
/** Whether a schedule may have this name. */
export function isScheduleName(name) {
  return /^[A-Za-z0-9._-]{1,100}$/.test(name);
}
const checked = (longest, problem) =>
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
