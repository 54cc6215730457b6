import type { Duration } from "./duration.ts";

/** How an attempt ended. Failures of the job itself are values, never exceptions. */
export type Outcome =
  /** `blobs`: ids of what the attempt has kept. */
  | { readonly kind: "succeeded"; readonly result: unknown; readonly blobs?: readonly string[] }
  | { readonly kind: "retry"; readonly error: AttemptError; readonly afterMs?: number }
  | { readonly kind: "failed"; readonly error: AttemptError }
  /** Somebody has asked for its end. */
  | { readonly kind: "cancelled"; readonly error: AttemptError }
  /** Claimed, but not started: nothing is counted. */
  | { readonly kind: "handed_back"; readonly afterMs: number };

export interface AttemptError {
  readonly kind: "error" | "timeout" | "crash" | "cancelled";
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
}

/** Thrown by a handler: the job is `failed` at once, whatever attempts it had left. */
export class FatalError extends Error {
  override readonly name = "FatalError";
}

/** Thrown by a handler: try again, not before `after` when it is given (instead of the job's backoff). */
export class RetryError extends Error {
  override readonly name = "RetryError";
  readonly after: Duration | undefined;

  constructor(message: string, options: { after?: Duration; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.after = options.after;
  }
}

const NAME_LENGTH = 100;
const MESSAGE_LENGTH = 1_000;
const STACK_LENGTH = 2_000;

/** What is kept of a thrown value: its name, message and stack, each cut to a bounded length. */
export function describeError(thrown: unknown, kind: AttemptError["kind"] = "error"): AttemptError {
  if (!(thrown instanceof Error)) return { kind, name: "Error", message: text(thrown, MESSAGE_LENGTH) };
  const described = { kind, name: text(thrown.name, NAME_LENGTH), message: text(thrown.message, MESSAGE_LENGTH) };
  return thrown.stack ? { ...described, stack: text(thrown.stack, STACK_LENGTH) } : described;
}

// Whatever a handler throws, describing it must not throw once more.
function text(value: unknown, length: number): string {
  try {
    return String(value).slice(0, length).toWellFormed();
  } catch {
    return "a value that has no text";
  }
}
