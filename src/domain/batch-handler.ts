import type { z } from "zod";
import type { JobContext } from "./handler.ts";
import { defineJobType, type JobType, type JobTypeDefinition } from "./job-type.ts";

/** The most jobs that a consumer claims at once. */
const MOST_JOBS = 1_000;
const DEFAULT_JOBS = 100;

/** One of the jobs that run together. */
export interface BatchJob<Payload = unknown> extends Omit<JobContext, "signal" | "step"> {
  readonly payload: Payload;
}

/** What the jobs that run together have in common: they are all of one tenant. */
export interface BatchContext {
  readonly tenantId: string;
  /** Aborts when the attempt's time is up, or none of the jobs is to go on. */
  readonly signal: AbortSignal;
}

/** An answer for each job, in the order of the jobs: its result, or the error that it ends by. Nothing: all have succeeded. */
export type Answers<Result> = readonly (Result | Error)[] | undefined | void;

type Answer<Answered> = Answered extends readonly (infer One)[] ? Exclude<One, Error> : null;

export interface BatchHandlerDefinition<
  Type extends string,
  Input extends z.ZodType,
  Answered extends readonly unknown[] | undefined | void,
> extends JobTypeDefinition<Type, Input> {
  /** How many jobs run together at most: 1 to 1,000, default 100. */
  maxBatch?: number;
  /** What it throws ends all of the jobs, as it would end one. */
  run: (jobs: readonly BatchJob<z.output<Input>>[], context: BatchContext) => Promise<Answered> | Answered;
}

export interface BatchHandler<Type extends string = string, Payload = unknown, Result = unknown>
  extends JobType<Type, Payload> {
  readonly maxBatch: number;
  readonly run: (jobs: readonly BatchJob<never>[], context: BatchContext) => Promise<Answers<Result>> | Answers<Result>;
}

/**
 * A job type whose jobs run many at a time.
 * @throws RangeError when an option is out of its range: a deployment fails to start, rather than a job to run.
 */
export function defineBatchHandler<
  Type extends string,
  Input extends z.ZodType,
  Answered extends readonly unknown[] | undefined | void,
>(definition: BatchHandlerDefinition<Type, Input, Answered>): BatchHandler<Type, z.input<Input>, Answer<Answered>> {
  const { maxBatch = DEFAULT_JOBS, run } = definition;
  if (!(Number.isInteger(maxBatch) && maxBatch >= 1 && maxBatch <= MOST_JOBS)) {
    throw new RangeError(`${definition.type}: maxBatch must be a whole number from 1 to ${MOST_JOBS}`);
  }
  return {
    ...defineJobType(definition),
    maxBatch,
    run: run as BatchHandler<Type, z.input<Input>, Answer<Answered>>["run"],
  };
}

/**
 * How many jobs that have failed so often run together: a tenth with each failure, in the end each alone. What fails by
 * one bad job among them can take the others down with it a few times, and not for good.
 */
export function batchLimit(maxBatch: number, failures: number): number {
  return Math.max(1, Math.floor(maxBatch / 10 ** failures));
}
