import { z } from "zod";
import { PROBLEMS, type ProblemCode } from "../../protocol/problem-codes.ts";
import { MOST_FIELD_ERRORS } from "../../protocol/sluice-error.ts";
import type { Guard } from "../guards.ts";
import type { HeaderName } from "./headers.ts";
import type { Operation } from "./operation.ts";

const CODES = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]];

const fieldErrorSchema = z
  .strictObject({
    pointer: z.string().describe("JSON pointer into the body (RFC 6901), as a URI fragment."),
    detail: z.string(),
    code: z.string(),
  })
  .meta({ id: "FieldError", description: "One thing that is wrong with a request." });

const limitSchema = z
  .strictObject({ name: z.string(), max: z.int(), current: z.int() })
  .meta({ id: "LimitHit", description: "The limit that was hit." });

/** What every request is answered with that was not carried out (RFC 9457). */
export const problemSchema = z
  .strictObject({
    type: z.url().describe("Leads to a page that says what the problem is, and what to do about it."),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(CODES).describe("Stable: codes are never renamed or given another meaning."),
    requestId: z.string(),
    errors: z.array(fieldErrorSchema).max(MOST_FIELD_ERRORS).optional(),
    limit: limitSchema.optional(),
    retryAfter: z.int().optional().describe("Seconds after which the same request may pass."),
    retryAfterMs: z.int().optional(),
  })
  .meta({ id: "Problem", description: "Why a request was not carried out (RFC 9457)." });

/** What any request with a JSON body may be told. */
const OF_JSON: readonly ProblemCode[] = [
  "malformed_json",
  "unsupported_media_type",
  "payload_too_large",
  "invalid_request",
];

const OF_KEY: readonly ProblemCode[] = ["unauthorized", "insufficient_scope", "tenant_suspended"];
const OF_OPERATOR: readonly ProblemCode[] = ["unauthorized", "operator_api_off"];
/** What any request below `/v1` may be told. */
const OF_API: readonly ProblemCode[] = ["invalid_parameter", "storage_unavailable"];

/** What is answered where there is no operation. */
const OF_NO_OPERATION = "method_not_allowed" satisfies ProblemCode;

/** Every problem that an operation may answer with. */
export function problemsOf({ body, problems = [] }: Operation, guard: Guard | undefined): ProblemCode[] {
  const caller = guard === "operator" ? OF_OPERATOR : OF_KEY;
  const guarded = guard === undefined ? [] : [...caller, ...OF_API];
  const json = body !== undefined && body.contentType === undefined ? OF_JSON : [];
  const own = new Set<string>([...guarded, ...json, ...problems, "internal_error"]);
  return CODES.filter((code) => own.has(code));
}

const OF_RATE: readonly HeaderName[] = ["RateLimit", "RateLimit-Policy"];

const HEADERS: Partial<Record<ProblemCode, readonly HeaderName[]>> = {
  unauthorized: ["WWW-Authenticate"],
  webhook_rejected: ["WWW-Authenticate"],
  insufficient_scope: ["WWW-Authenticate"],
  rate_limited: ["Retry-After", ...OF_RATE],
  backlog_full: ["Retry-After", ...OF_RATE],
  overloaded: ["Retry-After", ...OF_RATE],
  storage_unavailable: ["Retry-After"],
};

/** The headers of a response that tells of any of these problems. */
export function headersOfProblems(codes: readonly ProblemCode[]): HeaderName[] {
  return [...new Set(codes.flatMap((code) => HEADERS[code] ?? []))];
}

const FIELD_ERRORS: Partial<Record<ProblemCode, object>> = {
  invalid_request: { pointer: "#/priority", detail: "Too big: expected number to be <=9", code: "too_big" },
  unknown_type: { pointer: "#/type", detail: 'no handler for "nope"', code: "unknown_type" },
  idempotency_key_reused: { pointer: "#/idempotencyKey", detail: "belongs to another request", code: "reused" },
};

/** An example of each problem that an operation may answer with, by its code. */
export function problemExamples(): Record<string, { summary: string; value: unknown }> {
  const codes = CODES.filter((code) => code !== OF_NO_OPERATION);
  return Object.fromEntries(codes.map((code) => [code, { summary: PROBLEMS[code].title, value: exampleOf(code) }]));
}

function exampleOf(code: ProblemCode): unknown {
  const { status, title, advice } = PROBLEMS[code];
  const error = FIELD_ERRORS[code];
  return {
    type: `https://sluice.acme.workers.dev/problems/${code}`,
    title,
    status,
    detail: error === undefined ? advice : Object.values(error).slice(0, 2).join(": "),
    code,
    requestId: "6f1b3c52-6f0a-4d5b-9a59-2f2f0f6a7c11",
    ...(error !== undefined && { errors: [error] }),
    ...(code === "rate_limited" && { limit: { name: "rate", max: 1_000, current: 1_000 } }),
    ...(status === 503 && { retryAfter: 2, retryAfterMs: 1_250 }),
  };
}
