import type { Context } from "hono";
import { log } from "../log.ts";
import { findProblem } from "../protocol/problem-codes.ts";
import { SluiceError } from "../protocol/sluice-error.ts";

/** Up to a quarter longer, so that those who were turned away together do not come back together. */
const JITTER = 0.25;
const NOT_KEPT = { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" };

/** An error as `application/problem+json` (RFC 9457). What is not a SluiceError is logged, and told without details. */
export function problemResponse(error: unknown, c: Context): Response {
  const requestId = c.get("requestId") as string | undefined;
  const known = error instanceof SluiceError ? error : new SluiceError("internal_error", "Something went wrong here");
  if (known.status >= 500 && (known !== error || known.cause !== undefined)) {
    log.error("a request failed", {
      requestId,
      tenantId: c.get("tenantId") as string | undefined,
      code: known.code,
      error: known.cause ?? error,
    });
  }
  const { code, message, errors, limit, status } = known;
  const waitMs = known.retryAfterMs === undefined ? undefined : jittered(known.retryAfterMs);
  const body = {
    type: `${c.get("baseUrl")}/problems/${code}`,
    title: findProblem(code)?.title,
    status,
    detail: message,
    code,
    requestId,
    errors,
    limit,
    retryAfter: waitMs && Math.ceil(waitMs / 1_000),
    retryAfterMs: waitMs,
  };
  const headers = new Headers({ ...known.headers, "content-type": "application/problem+json", ...NOT_KEPT });
  if (waitMs !== undefined) headers.set("Retry-After", String(Math.ceil(waitMs / 1_000)));
  return c.body(JSON.stringify(body), { status: status as 400, headers: Object.fromEntries(headers) });
}

function jittered(waitMs: number): number {
  return Math.ceil(Math.max(1, waitMs) * (1 + Math.random() * JITTER));
}
