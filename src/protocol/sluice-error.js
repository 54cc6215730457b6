import { findProblem } from "./problem-codes.ts";
/** At most so many things that are wrong are told at once. */
export const MOST_FIELD_ERRORS = 50;
/** Why a call was not carried out: over HTTP a problem (RFC 9457), in a client and in the same Worker this error. */
export class SluiceError extends Error {
  name = "SluiceError";
  code;
  /** Of the HTTP answer; 0 when there was none. */
  status;
  requestId;
  errors;
  /** Milliseconds after which the same call may pass. */
  retryAfterMs;
  limit;
  headers;
  constructor(code, detail, options = {}) {
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
export function invalidRequest(errors) {
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  return new SluiceError("invalid_request", first ? `${first.pointer}: ${first.detail}${more}` : "invalid", { errors });
}
