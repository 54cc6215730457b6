import { z } from "zod";
import { FAILURE_POLICIES, type FailurePolicy } from "../domain/group.ts";
import { stepSchema } from "./job-request.ts";
import type { ChainJobView } from "./job-view.ts";

/** What a caller sends with a batch whose jobs are to be a group. */
export const groupRequestSchema = z.strictObject({
  name: z.string().min(1).max(100).optional(),
  /** What follows when all of its jobs have ended, however they have. */
  onComplete: stepSchema.optional(),
  /** What the first of its jobs that fails, or is cancelled, does: nothing, or it stops the group. */
  onFailure: z.enum(FAILURE_POLICIES).default("continue"),
});

export type GroupRequest = z.input<typeof groupRequestSchema>;
export type ParsedGroup = z.output<typeof groupRequestSchema>;

/** A group as it is stored together with its members. */
export interface GroupDraft {
  readonly id: string;
  readonly name: string | null;
  readonly onFailure: FailurePolicy;
  /** The types of its members and of what follows on them and on it. */
  readonly types: readonly string[];
  /** `StoredStep` as JSON. */
  readonly onComplete: string | null;
  /** The job whose attempt makes it. */
  readonly parentId: string | null;
}

/** A group as callers see it. Times are ISO 8601 in UTC. A job that is followed by its chain counts as one with it. */
export interface GroupView {
  readonly id: string;
  readonly name: string | null;
  /** `stopped`: its jobs that do not run are being cancelled. */
  readonly state: "open" | "stopped" | "complete";
  readonly onFailure: FailurePolicy;
  readonly total: number;
  readonly open: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
  /** What follows on it, and that job once it is complete. */
  readonly onComplete: (ChainJobView & { readonly jobId: string | null }) | null;
  /** The job that has enqueued it. */
  readonly parentId: string | null;
  readonly createdAt: string;
  readonly stoppedAt: string | null;
  readonly completedAt: string | null;
}
