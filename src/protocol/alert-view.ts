import { z } from "zod";
import { ALERT_MEASURES, ALERT_STATES } from "../domain/alert.ts";
import { type View, viewIdSchema, viewTimeSchema } from "./view.ts";

const alertRuleViewSchema = z.strictObject({
  name: z.string(),
  measure: z.enum(ALERT_MEASURES),
  queue: z.string().nullable().describe("Null: all queues together."),
  threshold: z.number().describe("Seconds of an age; else a share, 0 to 1."),
  window: z.number().nullable().describe("Seconds; null for an age, which is of this moment."),
  minEvents: z.int().nullable(),
});

export const alertViewSchema = alertRuleViewSchema
  .extend({
    url: z.string(),
    state: z.enum(ALERT_STATES),
    since: viewTimeSchema.describe("Since when it is so."),
    value: z
      .number()
      .nullable()
      .describe(
        "What it came to when its state changed last; null before that, and when nothing had happened any more.",
      ),
    jobId: viewIdSchema
      .nullable()
      .describe(
        "The job that delivers the last change of its state; null before that. It may have been deleted since.",
      ),
    createdAt: viewTimeSchema,
    updatedAt: viewTimeSchema,
  })
  .meta({ id: "Alert", description: "An alert as its tenant sees it. Times are ISO 8601 in UTC." });

export const alertListSchema = z
  .strictObject({ data: z.array(alertViewSchema) })
  .meta({ id: "AlertList", description: "By name." });

/** What an alert looks at, as its tenant and its receiver see it. */
export type AlertRuleView = View<typeof alertRuleViewSchema>;
export type AlertView = View<typeof alertViewSchema>;
export type AlertList = View<typeof alertListSchema>;

/** What the receiver of an alert is told. */
export interface AlertEvent {
  readonly type: "alert.firing" | "alert.resolved";
  /** When its state changed, ISO 8601 in UTC. */
  readonly timestamp: string;
  readonly data: AlertRuleView & {
    /** As the threshold; null when nothing has happened within the window. */
    readonly value: number | null;
    /** Jobs that the share is of; null for an age. */
    readonly events: number | null;
    /** Since when it fires, or did until now. */
    readonly since: string;
  };
}
