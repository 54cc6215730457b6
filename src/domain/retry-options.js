import { durationMs } from "./duration.ts";
import { DEFAULT_RETRY_POLICY, MOST_ATTEMPTS } from "./retry-policy.ts";

const DEFAULT = DEFAULT_RETRY_POLICY.backoff;
/** The longest delay between two attempts: 30 days. */
const LONGEST_DELAY_MS = 30 * 86400000;
/** An option of a retry policy is out of its range. */
export class InvalidRetry extends RangeError {
  name = "InvalidRetry";
  option;
  constructor(option, message) {
    super(message);
    this.option = option;
  }
}
/**
 * The policy that options ask for. They say how long to wait altogether, or not at all: one option of the backoff
 * replaces that of `otherwise` as a whole.
 * @throws InvalidRetry when an option is out of its range, or belongs to another backoff
 */
export function retryPolicy(options, otherwise = DEFAULT_RETRY_POLICY) {
  const maxAttempts = options.maxAttempts ?? otherwise.maxAttempts;
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1 || maxAttempts > MOST_ATTEMPTS) {
    throw new InvalidRetry("maxAttempts", `must be 1 to ${MOST_ATTEMPTS}`);
  }
  const { backoff, base, factor, cap } = options;
  const given = [backoff, base, factor, cap].some((option) => option !== undefined);
  return { maxAttempts, backoff: given ? toBackoff(options) : otherwise.backoff };
}
function toBackoff(options) {
  const { backoff = "exponential", factor = DEFAULT.factor } = options;
  if (typeof backoff !== "string") return toList(backoff, options);
  const baseMs = optionMs("base", options.base, DEFAULT.baseMs);
  if (backoff !== "exponential") refuse(options, ["factor"], `a ${backoff} backoff has none`);
  if (backoff === "fixed") {
    refuse(options, ["cap"], "a fixed backoff has none");
    return { kind: "fixed", baseMs };
  }
  const capMs = optionMs("cap", options.cap, DEFAULT.capMs);
  if (backoff === "linear") return { kind: "linear", baseMs, capMs };
  if (!Number.isFinite(factor) || factor < 1) throw new InvalidRetry("factor", "must be a number of at least 1");
  return { baseMs, factor, capMs };
}
function toList(delays, options) {
  refuse(options, ["base", "factor", "cap"], "a list of delays has none");
  if (delays.length === 0 || delays.length >= MOST_ATTEMPTS) {
    throw new InvalidRetry("backoff", `a list must have 1 to ${MOST_ATTEMPTS - 1} delays`);
  }
  return { kind: "list", delaysMs: delays.map((delay) => optionMs("backoff", delay, 0)) };
}
function refuse(options, names, message) {
  const given = names.find((name) => options[name] !== undefined);
  if (given !== undefined) throw new InvalidRetry(given, message);
}
function optionMs(option, duration, fallback) {
  if (duration === undefined) return fallback;
  let ms;
  try {
    ms = durationMs(duration);
  } catch (error) {
    throw new InvalidRetry(option, error instanceof Error ? error.message : String(error));
  }
  if (ms > LONGEST_DELAY_MS) throw new InvalidRetry(option, "must be within 30 days");
  return ms;
}
