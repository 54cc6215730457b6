import { durationMs } from "./duration.ts";
import { InvalidRetry, retryPolicy } from "./retry-options.ts";

const DEFAULT_TIMEOUT_MS = 30000;
const LONGEST_TIMEOUT_MS = 15 * 60000;
const TYPE_PATTERN = /^[a-z0-9][a-z0-9._-]{0,99}$/i;
/**
 * A job type and what runs it.
 * @throws RangeError when an option is out of its range: a deployment fails to start, rather than a job to run.
 */
export function defineHandler(definition) {
  const { type, perBatch } = definition;
  if (!TYPE_PATTERN.test(type)) throw new RangeError(`"${type}" is not a job type: letters, digits, ".", "_", "-"`);
  if (perBatch !== undefined && !(Number.isInteger(perBatch) && perBatch > 0)) {
    throw new RangeError(`${type}: perBatch must be a whole number above 0`);
  }
  const timeoutMs = optionMs(`${type}: timeout`, definition.timeout, DEFAULT_TIMEOUT_MS);
  if (timeoutMs < 1 || timeoutMs > LONGEST_TIMEOUT_MS) throw new RangeError(`${type}: timeout must be within 15 min`);
  return {
    type,
    input: definition.input,
    timeoutMs,
    retry: policyOf(type, definition.retry ?? {}),
    perBatch,
    run: definition.run,
  };
}
function policyOf(type, options) {
  try {
    return retryPolicy(options);
  } catch (error) {
    if (!(error instanceof InvalidRetry)) throw error;
    throw new RangeError(`${type}: retry.${error.option}: ${error.message}`);
  }
}
function optionMs(option, duration, fallback) {
  try {
    return duration === undefined ? fallback : durationMs(duration);
  } catch (cause) {
    throw new RangeError(`${option}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
