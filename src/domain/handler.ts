import type { z } from "zod";
import type { JobBlobs } from "./blob.ts";
import type { Children } from "./child-job.ts";
import { defineJobType, type JobType, type JobTypeDefinition } from "./job-type.ts";
import type { JobLog } from "./log-line.ts";

/** What a handler is told about the attempt that it makes. */
export interface JobContext extends Children {
  readonly tenantId: string;
  /** Stable across attempts: deduplicate side effects on it, since a job whose Worker died runs again. */
  readonly jobId: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** Aborts when the attempt's time is up. */
  readonly signal: AbortSignal;
  /**
   * The `traceparent` (W3C Trace Context) to send on: the trace of the request that has enqueued the job, with a span of
   * this attempt. Null when that request had none.
   */
  readonly traceparent: string | null;
  /**
   * What came of the job before it: the result, for one that follows on a success (`then`); which job has failed and its
   * error, for one that follows on a failure (`onFailure`); how many members have ended how, for one that follows on a
   * group (`onComplete`). Null for any other job.
   */
  readonly previous: unknown;
  readonly blobs: JobBlobs;
  /**
   * The headers that sign a body as Standard Webhooks with the tenant's secrets: `webhook-id` is the job's id,
   * `webhook-timestamp` the present.
   */
  readonly sign: (body: string) => Promise<SignatureHeaders>;
  /**
   * Tells those who follow the job how far it is, from 0 to 1. Costs nothing to call often: what is newest replaces what
   * was before, and is sent twice a second at most, if anybody follows at all. A message is cut to 200 characters.
   * @throws RangeError when `fraction` is not within 0 and 1
   */
  readonly progress: (fraction: number, message?: string) => void;
  /** Keeps a line with the job: 100 lines and 8,000 characters of an attempt, of the newest three attempts. */
  readonly log: JobLog;
  /**
   * Does a piece of work once for the job: when it has finished, what it gave is stored, and a later attempt gets that
   * instead of doing it again. One row written; up to 100 steps, 16 KB each and 120 KB together, as JSON.
   * @param name tells the steps of a job apart
   * @throws FatalError when a name comes twice, or a limit is exceeded, or JSON would change what the work gives
   */
  readonly step: <Result>(name: string, work: () => Promise<Result> | Result) => Promise<Result>;
}

/** What a receiver verifies (Standard Webhooks). */
export interface SignatureHeaders {
  readonly "webhook-id": string;
  /** Seconds since the epoch. */
  readonly "webhook-timestamp": string;
  /** One `v1,…` for each secret that is valid, separated by spaces. */
  readonly "webhook-signature": string;
}

export interface HandlerDefinition<Type extends string, Input extends z.ZodType, Result>
  extends JobTypeDefinition<Type, Input> {
  /** How many jobs of this type one consumer batch runs at a time, for handlers that need much memory or CPU. */
  perBatch?: number;
  run: (payload: z.output<Input>, context: JobContext) => Promise<Result> | Result;
}

export interface Handler<Type extends string = string, Payload = unknown, Result = unknown>
  extends JobType<Type, Payload> {
  readonly perBatch: number | undefined;
  readonly run: (payload: never, context: JobContext) => Promise<Result> | Result;
}

/**
 * A job type and what runs it.
 * @throws RangeError when an option is out of its range: a deployment fails to start, rather than a job to run.
 */
export function defineHandler<Type extends string, Input extends z.ZodType, Result>(
  definition: HandlerDefinition<Type, Input, Result>,
): Handler<Type, z.input<Input>, Awaited<Result>> {
  const { type, perBatch } = definition;
  if (perBatch !== undefined && !(Number.isInteger(perBatch) && perBatch > 0)) {
    throw new RangeError(`${type}: perBatch must be a whole number above 0`);
  }
  return {
    ...defineJobType(definition),
    perBatch,
    run: definition.run as Handler<Type, z.input<Input>, Awaited<Result>>["run"],
  };
}
