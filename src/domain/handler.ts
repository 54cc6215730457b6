import type { z } from "zod";
import type { JobBlobs } from "./blob.ts";
import { type Duration, durationMs } from "./duration.ts";
import { InvalidRetry, type RetryOptions, retryPolicy } from "./retry-options.ts";
import type { RetryPolicy } from "./retry-policy.ts";

/** What a handler is told about the attempt that it makes. */
export interface JobContext {
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
}

/** What a receiver verifies (Standard Webhooks). */
export interface SignatureHeaders {
  readonly "webhook-id": string;
  /** Seconds since the epoch. */
  readonly "webhook-timestamp": string;
  /** One `v1,…` for each secret that is valid, separated by spaces. */
  readonly "webhook-signature": string;
}

export interface HandlerDefinition<Type extends string, Input extends z.ZodType, Result> {
  type: Type;
  /** Checks the payload when the job is enqueued, and again when it runs: what is stored is what the caller sent. */
  input: Input;
  /** For one attempt. Default 30 s, at most 15 min (the longest that a queue consumer may run). */
  timeout?: Duration;
  retry?: RetryOptions;
  /** How many jobs of this type one consumer batch runs at a time, for handlers that need much memory or CPU. */
  perBatch?: number;
  run: (payload: z.output<Input>, context: JobContext) => Promise<Result> | Result;
}

export interface Handler<Type extends string = string, Payload = unknown, Result = unknown> {
  readonly type: Type;
  readonly input: z.ZodType<unknown, Payload>;
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  readonly perBatch: number | undefined;
  readonly run: (payload: never, context: JobContext) => Promise<Result> | Result;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const LONGEST_TIMEOUT_MS = 15 * 60_000;
const TYPE_PATTERN = /^[a-z0-9][a-z0-9._-]{0,99}$/i;

/**
 * A job type and what runs it.
 * @throws RangeError when an option is out of its range: a deployment fails to start, rather than a job to run.
 */
export function defineHandler<Type extends string, Input extends z.ZodType, Result>(
  definition: HandlerDefinition<Type, Input, Result>,
): Handler<Type, z.input<Input>, Awaited<Result>> {
  const { type, perBatch } = definition;
  if (!TYPE_PATTERN.test(type)) throw new RangeError(`"${type}" is not a job type: letters, digits, ".", "_", "-"`);
  if (perBatch !== undefined && !(Number.isInteger(perBatch) && perBatch > 0)) {
    throw new RangeError(`${type}: perBatch must be a whole number above 0`);
  }
  const timeoutMs = optionMs(`${type}: timeout`, definition.timeout, DEFAULT_TIMEOUT_MS);
  if (timeoutMs < 1 || timeoutMs > LONGEST_TIMEOUT_MS) throw new RangeError(`${type}: timeout must be within 15 min`);
  return {
    type,
    input: definition.input as z.ZodType<unknown, z.input<Input>>,
    timeoutMs,
    retry: policyOf(type, definition.retry ?? {}),
    perBatch,
    run: definition.run as Handler<Type, z.input<Input>, Awaited<Result>>["run"],
  };
}

function policyOf(type: string, options: RetryOptions): RetryPolicy {
  try {
    return retryPolicy(options);
  } catch (error) {
    if (!(error instanceof InvalidRetry)) throw error;
    throw new RangeError(`${type}: retry.${error.option}: ${error.message}`);
  }
}

function optionMs(option: string, duration: Duration | undefined, fallback: number): number {
  try {
    return duration === undefined ? fallback : durationMs(duration);
  } catch (cause) {
    throw new RangeError(`${option}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
