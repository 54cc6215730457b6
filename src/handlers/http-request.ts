import { env } from "cloudflare:workers";
import { z } from "zod";
import { readConfig } from "../config.ts";
import { type Duration, durationMs } from "../domain/duration.ts";
import { defineHandler, type JobContext } from "../domain/handler.ts";
import { FatalError } from "../domain/outcome.ts";
import { exchange } from "../outgoing/exchange.ts";
import { type CapturedResponse, captureResponse, requireSuccess } from "../outgoing/http-response.ts";
import { checkTarget, LONGEST_URL } from "../outgoing/target-guard.ts";
import { durationSchema } from "../protocol/duration-schema.ts";
import { fetchFollowing, type Hop } from "./http-redirect.ts";
import { outgoingHeaders, refuseSignatureHeaders, requestHeadersSchema } from "./request-headers.ts";

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

const timeout = durationSchema({ leastMs: 1, mostMs: LONGEST_TIMEOUT_MS, message: "must be 1 ms to 30 s" });

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
    /** Signs the request as Standard Webhooks with the tenant's secrets. Default false. */
    sign: z.boolean().optional(),
  })
  .refine(({ method, body }) => body === undefined || (method !== "GET" && method !== "HEAD"), {
    path: ["body"],
    message: "a GET or HEAD request has no body",
  })
  .superRefine(({ sign, headers = {} }, context) => {
    if (sign === true) refuseSignatureHeaders(headers, context);
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
  const first = await firstHop(request, context, allowLoopback);
  const timeoutMs = durationMs(request.timeout ?? DEFAULT_TIMEOUT);
  return exchange(first.url.host, timeoutMs, context.signal, async (signal) => {
    const { response, url } = await fetchFollowing(first, allowLoopback, signal);
    const captured = await captureResponse(response);
    requireSuccess(captured, response.headers.get("retry-after"), url.host);
    return url.href === first.url.href ? captured : { ...captured, url: url.href };
  });
}

async function firstHop(request: HttpRequest, context: JobContext, allowLoopback: readonly string[]): Promise<Hop> {
  const { body, type } = outgoingBody(request.body);
  const { method = body === undefined ? "GET" : "POST" } = request;
  const url = checkTarget(request.url, allowLoopback);
  const signature = request.sign === true ? await context.sign(body ?? "") : {};
  const own = { ...signature, "Sluice-Job-Id": context.jobId, "Sluice-Attempt": String(context.attempt) };
  const headers = outgoingHeaders(request.headers ?? {}, own, type);
  // A trace that the caller has named goes before the one of the job.
  if (context.traceparent !== null && !headers.has("traceparent")) headers.set("traceparent", context.traceparent);
  return { method, url, body, headers };
}

function outgoingBody(value: unknown): { readonly body?: string; readonly type?: string } {
  if (value === undefined) return {};
  if (typeof value !== "string") return { body: JSON.stringify(value), type: "application/json" };
  // Half of a surrogate pair has no UTF-8: left in, other bytes would be sent than are signed.
  return { body: value.toWellFormed(), type: "text/plain;charset=UTF-8" };
}
