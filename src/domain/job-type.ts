import type { z } from "zod";
import { type Duration, durationMs } from "./duration.ts";
import { InvalidRetry, type RetryOptions, retryPolicy } from "./retry-options.ts";
import type { RetryPolicy } from "./retry-policy.ts";

export interface JobTypeDefinition<Type extends string, Input extends z.ZodType> {
  type: Type;
  /** Checks the payload when the job is enqueued, and again when it runs: what is stored is what the caller sent. */
  input: Input;
  /** For one attempt. Default 30 s, at most 15 min (the longest that a queue consumer may run). */
  timeout?: Duration;
  retry?: RetryOptions;
}

/** A job type, whatever runs its jobs. */
export interface JobType<Type extends string = string, Payload = unknown> {
  readonly type: Type;
  readonly input: z.ZodType<unknown, Payload>;
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const LONGEST_TIMEOUT_MS = 15 * 60_000;
const TYPE_PATTERN = /^[a-z0-9][a-z0-9._-]{0,99}$/i;

/**
 * What all definitions of job types have in common.
 * @throws RangeError that names the type and the option that is out of its range
 */
export function defineJobType<Type extends string, Input extends z.ZodType>(
  definition: JobTypeDefinition<Type, Input>,
): JobType<Type, z.input<Input>> {
  const { type } = definition;
  if (!TYPE_PATTERN.test(type)) throw new RangeError(`"${type}" is not a job type: letters, digits, ".", "_", "-"`);
  const timeoutMs = optionMs(`${type}: timeout`, definition.timeout, DEFAULT_TIMEOUT_MS);
  if (timeoutMs < 1 || timeoutMs > LONGEST_TIMEOUT_MS) throw new RangeError(`${type}: timeout must be within 15 min`);
  const input = definition.input as z.ZodType<unknown, z.input<Input>>;
  return { type, input, timeoutMs, retry: policyOf(type, definition.retry ?? {}) };
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
