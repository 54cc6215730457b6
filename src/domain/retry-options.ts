import { type Duration, durationMs } from "./duration.ts";
import { type Backoff, DEFAULT_RETRY_POLICY, MOST_ATTEMPTS, type RetryPolicy } from "./retry-policy.ts";

/** How a type or a job is retried. What is left out is as it would be without. */
export interface RetryOptions {
  /** Attempts in all, 1 to 25. Default 5. */
  maxAttempts?: number | undefined;
  /**
   * `exponential` and `linear` delays are spread evenly from 0 to what they have grown to (full jitter), `fixed` ones and
   * those of a list are as they are. Default exponential.
   */
  backoff?: "exponential" | "linear" | "fixed" | readonly Duration[] | undefined;
  /** The first delay (its ceiling, where there is jitter), and what a linear one grows by. Default 1 s. */
  base?: Duration | undefined;
  /** By what each following ceiling of an exponential backoff grows. Default 2. */
  factor?: number | undefined;
  /** No delay that grows is longer. Default 1 h. */
  cap?: Duration | undefined;
}

const DEFAULT = DEFAULT_RETRY_POLICY.backoff;
/** The longest delay between two attempts: 30 days. */
const LONGEST_DELAY_MS = 30 * 86_400_000;

/** An option of a retry policy is out of its range. */
export class InvalidRetry extends RangeError {
  override readonly name = "InvalidRetry";
  readonly option: keyof RetryOptions;

  constructor(option: keyof RetryOptions, message: string) {
    super(message);
    this.option = option;
  }
}

/**
 * The policy that options ask for. They say how long to wait altogether, or not at all: one option of the backoff
 * replaces that of `otherwise` as a whole.
 * @throws InvalidRetry when an option is out of its range, or belongs to another backoff
 */
export function retryPolicy(options: RetryOptions, otherwise: RetryPolicy = DEFAULT_RETRY_POLICY): RetryPolicy {
  const maxAttempts = options.maxAttempts ?? otherwise.maxAttempts;
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1 || maxAttempts > MOST_ATTEMPTS) {
    throw new InvalidRetry("maxAttempts", `must be 1 to ${MOST_ATTEMPTS}`);
  }
  const { backoff, base, factor, cap } = options;
  const given = [backoff, base, factor, cap].some((option) => option !== undefined);
  return { maxAttempts, backoff: given ? toBackoff(options) : otherwise.backoff };
}

function toBackoff(options: RetryOptions): Backoff {
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

function toList(delays: readonly Duration[], options: RetryOptions): Backoff {
  refuse(options, ["base", "factor", "cap"], "a list of delays has none");
  if (delays.length === 0 || delays.length >= MOST_ATTEMPTS) {
    throw new InvalidRetry("backoff", `a list must have 1 to ${MOST_ATTEMPTS - 1} delays`);
  }
  return { kind: "list", delaysMs: delays.map((delay) => optionMs("backoff", delay, 0)) };
}

function refuse(options: RetryOptions, names: readonly (keyof RetryOptions)[], message: string): void {
  const given = names.find((name) => options[name] !== undefined);
  if (given !== undefined) throw new InvalidRetry(given, message);
}

function optionMs(option: keyof RetryOptions, duration: Duration | undefined, fallback: number): number {
  if (duration === undefined) return fallback;
  let ms: number;
  try {
    ms = durationMs(duration);
  } catch (error) {
    throw new InvalidRetry(option, error instanceof Error ? error.message : String(error));
  }
  if (ms > LONGEST_DELAY_MS) throw new InvalidRetry(option, "must be within 30 days");
  return ms;
}
