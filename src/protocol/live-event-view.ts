import { z } from "zod";
import { JOB_STATES } from "../domain/job.ts";
import type { JobEventName } from "./live-events.ts";
import { type View, viewIdSchema, viewTimeSchema } from "./view.ts";

const progressSchema = z
  .strictObject({ fraction: z.number().min(0).max(1), message: z.string().nullable() })
  .meta({ id: "Progress", description: "How far an attempt has come." });

const jobEventSchema = z
  .strictObject({
    id: viewIdSchema,
    type: z.string(),
    queue: z.string(),
    state: z.enum(JOB_STATES).describe("The job's state from then on."),
    attempt: z.int(),
    at: viewTimeSchema,
    progress: progressSchema.nullable().describe("The newest of this attempt, as far as it is known."),
    error: z.string().nullable().describe("The name of the error with which the attempt has ended."),
  })
  .meta({
    id: "JobEvent",
    description: "Something that has happened to a job, without its payload and result: the data of `job.*`.",
  });

const missedEventsSchema = z
  .strictObject({ reason: z.enum(["restarted", "overrun"]) })
  .meta({ id: "MissedEvents", description: "Events in between are lost to this reader: the data of `events.missed`." });

const streamEndSchema = z.strictObject({ reason: z.enum(["slow", "time"]) }).meta({
  id: "StreamEnd",
  description: "Why a stream ends though there is more to come: the data of `events.end`, its last event.",
});

/** The data of any event of a stream, as JSON; which it is, the event's name says. */
export const liveEventDataSchema = z.union([jobEventSchema, missedEventsSchema, streamEndSchema]);

/** Something that has happened to a job, without its payload and result. */
export type JobEvent = View<typeof jobEventSchema> & {
  /** `job.state` is no event: it says what the job is at present, and comes first when one job is followed. */
  readonly event: JobEventName | "job.state";
};

/**
 * Events in between are lost to this reader, where it has asked for those since an id: the tenant's gate has started
 * anew (`restarted`), or has kept none so old (`overrun`).
 */
export type MissedEvents = View<typeof missedEventsSchema> & { readonly event: "events.missed" };

/** The last event of a stream that ends though there is more to come: its reader was too slow, or its time is up. */
export type StreamEnd = View<typeof streamEndSchema> & { readonly event: "events.end" };

export type LiveEvent = JobEvent | MissedEvents | StreamEnd;
