import { env } from "cloudflare:workers";
import { z } from "zod";
import { readConfig } from "../config.ts";
import { type Duration, durationMs } from "../domain/duration.ts";
import { defineHandler, type JobContext } from "../domain/handler.ts";
import { describeError, FatalError, RetryError } from "../domain/outcome.ts";
import { fetchFollowing, type Hop } from "./http-redirect.ts";
import { type CapturedResponse, captureResponse, requireSuccess } from "./http-response.ts";
import { outgoingHeaders, requestHeadersSchema } from "./request-headers.ts";
import { checkTarget, LONGEST_URL } from "./target-guard.ts";

const LONGEST_TIMEOUT_MS = 30_000;
const DEFAULT_TIMEOUT: Duration = "25s";

const url = z
  .string()
  .max(LONGEST_URL, { abort: true })
  .superRefine((url, context) => {
    try {
      checkTarget(url, readConfig(env).allowLoopback);
    } catch (refused) {
      if (!(refused instanceof FatalError)) throw refused;
      context.addIssue({ code: "custom", message: refused.message });
    }
  });

const timeout = z
  .union([z.number(), z.templateLiteral([z.number(), z.enum(["ms", "s", "m", "h", "d"])])], {
    error: 'must be seconds, or as in "500ms", "10s"',
  })
  .refine(isTimeout, "must be 1 ms to 30 s");

function isTimeout(duration: Duration): boolean {
  try {
    const ms = durationMs(duration);
    return ms >= 1 && ms <= LONGEST_TIMEOUT_MS;
  } catch {
    return false;
  }
}

const input = z
  .strictObject({
    /** Default POST with a body, GET without. */
    method: z.enum(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]).optional(),
    /** Absolute, http or https, to a public host. */
    url,
    headers: requestHeadersSchema.optional(),
    /** A string is sent as it is, as text/plain unless a header says otherwise; any other JSON value as JSON. */
    body: z.unknown().optional(),
    /** For the whole exchange, redirects and the response's body included. Default 25 s, at most 30 s. */
    timeout: timeout.optional(),
  })
  .refine(({ method, body }) => body === undefined || (method !== "GET" && method !== "HEAD"), {
    path: ["body"],
    message: "a GET or HEAD request has no body",
  });

/** What an `http.request` job asks for. */
export type HttpRequest = z.output<typeof input>;

/** What an `http.request` job leaves as its result. */
export interface HttpResult extends CapturedResponse {
  /** Where the response came from, when redirects led elsewhere. */
  readonly url?: string;
}

/**
 * Calls a URL. 2xx succeeds. 408, 425, 429, 5xx, a network error and a timeout are retried; every other answer fails
 * the job. A job may run more than once: receivers deduplicate on the `Sluice-Job-Id` header, which stays the same.
 */
export const httpRequest = defineHandler({
  type: "http.request",
  input,
  run: (request, context) => deliver(request, context, readConfig(env).allowLoopback),
});

/**
 * One exchange: the request, its redirects, the start of the response.
 * @param allowLoopback As in `checkTarget`.
 * @throws FatalError or RetryError as above; the reason of `context.signal` once it has aborted.
 */
export async function deliver(
  request: HttpRequest,
  context: JobContext,
  allowLoopback: readonly string[],
): Promise<HttpResult> {
  const first = firstHop(request, context, allowLoopback);
  const timeoutMs = durationMs(request.timeout ?? DEFAULT_TIMEOUT);
  const own = new AbortController();
  // Not `AbortSignal.timeout`: its timer cannot be cleared, and a consumer runs thousands of jobs in that time.
  const timer = setTimeout(() => own.abort(), timeoutMs);
  try {
    const signal = AbortSignal.any([context.signal, own.signal]);
    const { response, url } = await fetchFollowing(first, allowLoopback, signal);
    const captured = await captureResponse(response);
    requireSuccess(captured, response.headers.get("retry-after"), url.host);
    return url.href === first.url.href ? captured : { ...captured, url: url.href };
  } catch (thrown) {
    context.signal.throwIfAborted();
    if (thrown instanceof FatalError || thrown instanceof RetryError) throw thrown;
    const why = own.signal.aborted ? `no answer within ${timeoutMs} ms` : describeError(thrown).message;
    throw new RetryError(`${first.url.host}: ${why}`, { cause: thrown });
  } finally {
    clearTimeout(timer);
  }
}

function firstHop(request: HttpRequest, context: JobContext, allowLoopback: readonly string[]): Hop {
  const { body: value, method = value === undefined ? "GET" : "POST" } = request;
  const url = checkTarget(request.url, allowLoopback);
  const isText = typeof value === "string";
  const body = value === undefined || isText ? value : JSON.stringify(value);
  const type = isText ? "text/plain;charset=UTF-8" : "application/json";
  const headers = outgoingHeaders(request.headers ?? {}, body === undefined ? undefined : type, context);
  return { method, url, body, headers };
}
