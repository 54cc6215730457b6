import type { LimitHit } from "./gate";
import { PROBLEMS, type ProblemCode } from "./problem-codes";

/** At most so many things that are wrong are told at once. */
export const MOST_FIELD_ERRORS = 50;

/** One thing that is wrong with a request. */
export interface FieldError {
  /** JSON pointer into the body (RFC 6901), as a URI fragment. */
  readonly pointer: string;
  readonly detail: string;
  readonly code: string;
}

export interface SluiceErrorOptions {
  readonly errors?: readonly FieldError[];
  readonly retryAfterMs?: number;
  readonly limit?: LimitHit;
  /** Response headers that belong to it. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** Why a call was not carried out: over HTTP a problem (RFC 9457), in the same Worker this error. */
export class SluiceError extends Error {
  override readonly name = "SluiceError";
  readonly code: ProblemCode;
  readonly errors: readonly FieldError[] | undefined;
  /** Milliseconds after which the same call may pass. */
  readonly retryAfterMs: number | undefined;
  readonly limit: LimitHit | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ProblemCode, detail: string, options: SluiceErrorOptions = {}) {
    super(detail, { cause: options.cause });
    this.code = code;
    this.errors = options.errors?.slice(0, MOST_FIELD_ERRORS);
    this.retryAfterMs = options.retryAfterMs;
    this.limit = options.limit;
    this.headers = options.headers ?? {};
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }
}

/** An invalid request, with what is wrong and where. */
export function invalidRequest(errors: readonly FieldError[]): SluiceError {
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  return new SluiceError("invalid_request", first ? `${first.pointer}: ${first.detail}${more}` : "invalid", { errors });
}
