import { z } from "zod";
import type { AlertMeasure, AlertState } from "../domain/alert.ts";
import { durationMs } from "../domain/duration.ts";
import { durationSchema } from "./duration-schema.ts";
import { queueNameSchema } from "./queue-settings.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 86_400_000;

/** The name of an alert. */
export const alertNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,100}$/, 'must be 1 to 100 letters, digits, ".", "_", "-"');

const common = {
  /** Left out: all queues together. */
  queue: queueNameSchema.optional(),
  /** Who is told. The API holds it against its guard. */
  url: z.string(),
};

/** What a caller sends to make an alert, or to change it into this. */
export const alertRequestSchema = z.discriminatedUnion("measure", [
  z.strictObject({
    ...common,
    measure: z.literal("oldest_due_age"),
    threshold: durationSchema({ leastMs: 10 * SECOND, mostMs: 30 * DAY, message: "must be 10 s to 30 days" }),
  }),
  z.strictObject({
    ...common,
    measure: z.enum(["failure_ratio", "unavailable_ratio"]),
    /** Of all events: 0.05 is one of twenty. */
    threshold: z.number().gt(0).lte(1),
    window: durationSchema({ leastMs: MINUTE, mostMs: 60 * MINUTE, message: "must be 1 to 60 minutes" })
      .refine((window) => durationMs(window) % MINUTE === 0, { error: "must be full minutes", abort: true })
      .default("5m"),
    /** It does not fire for fewer. */
    minEvents: z.int().min(1).max(1_000_000).default(10),
  }),
]);

export type AlertRequest = z.input<typeof alertRequestSchema>;

/** What an alert looks at, as its tenant and its receiver see it. */
export interface AlertRuleView {
  readonly name: string;
  readonly measure: AlertMeasure;
  /** Null: all queues together. */
  readonly queue: string | null;
  /** Seconds of an age; else a share, 0 to 1. */
  readonly threshold: number;
  /** Seconds; null for an age, which is of this moment. */
  readonly window: number | null;
  readonly minEvents: number | null;
}

/** An alert as its tenant sees it. Times are ISO 8601 in UTC. */
export interface AlertView extends AlertRuleView {
  readonly url: string;
  readonly state: AlertState;
  /** Since when it is so. */
  readonly since: string;
  /** What it came to when its state changed last; null before that, and when nothing had happened any more. */
  readonly value: number | null;
  /** The job that delivers the last change of its state; null before that. It may have been deleted since. */
  readonly jobId: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** By name. */
export interface AlertList {
  readonly data: readonly AlertView[];
}

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
