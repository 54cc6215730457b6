import type { LimitHit } from "./gate.ts";
import { findProblem, type ProblemCode } from "./problem-codes.ts";

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
  /** What an answer has said; otherwise that of the code. */
  readonly status?: number;
  readonly requestId?: string | null;
}

/** The code of a problem, or what a client says when there was none. */
export type ErrorCode = ProblemCode | "network_error" | "unexpected_response";

/** Why a call was not carried out: over HTTP a problem (RFC 9457), in a client and in the same Worker this error. */
export class SluiceError extends Error {
  override readonly name = "SluiceError";
  readonly code: ErrorCode;
  /** Of the HTTP answer; 0 when there was none. */
  readonly status: number;
  readonly requestId: string | null;
  readonly errors: readonly FieldError[] | undefined;
  /** Milliseconds after which the same call may pass. */
  readonly retryAfterMs: number | undefined;
  readonly limit: LimitHit | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, detail: string, options: SluiceErrorOptions = {}) {
    super(detail, { cause: options.cause });
    this.code = code;
    this.status = options.status ?? findProblem(code)?.status ?? 0;
    this.requestId = options.requestId ?? null;
    this.errors = options.errors?.slice(0, MOST_FIELD_ERRORS);
    this.retryAfterMs = options.retryAfterMs;
    this.limit = options.limit;
    this.headers = options.headers ?? {};
  }
}

/** An invalid request, with what is wrong and where. */
export function invalidRequest(errors: readonly FieldError[]): SluiceError {
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  return new SluiceError("invalid_request", first ? `${first.pointer}: ${first.detail}${more}` : "invalid", { errors });
}
