import { z } from "zod";
import { FAILURE_POLICIES, type FailurePolicy } from "../domain/group.ts";
import { stepSchema } from "./job-request.ts";

/** What a caller sends with a batch whose jobs are to be a group. */
export const groupRequestSchema = z
  .strictObject({
    name: z.string().min(1).max(100).optional().describe("For people: it need not be unique."),
    onComplete: stepSchema.optional().describe("What follows when all of its jobs have ended, however they have."),
    onFailure: z
      .enum(FAILURE_POLICIES)
      .default("continue")
      .describe(
        "What the first of its jobs that fails, or is cancelled, does: nothing, or it stops the group, whose jobs that do " +
          "not run are then cancelled.",
      ),
  })
  .meta({ id: "GroupRequest" });

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
