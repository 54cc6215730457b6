import { describe, expect, it } from "vitest";
import type { LimitHit } from "../../src/protocol/gate.ts";
import { PROBLEMS, type ProblemCode, type ProblemKind } from "../../src/protocol/problem-codes.ts";
import { invalidRequest, SluiceError } from "../../src/protocol/sluice-error.ts";

const codes = Object.keys(PROBLEMS) as ProblemCode[];

describe("PROBLEMS", () => {
  // A code is a promise to callers: one that is missing here was renamed or taken away.
  it("has every code that was ever published, with its status", () => {
    expect(Object.fromEntries(codes.map((code) => [code, PROBLEMS[code].status]))).toMatchObject({
      malformed_json: 400,
      invalid_cursor: 400,
      invalid_parameter: 400,
      unauthorized: 401,
      not_found: 404,
      job_not_found: 404,
      schedule_not_found: 404,
      queue_not_found: 404,
      receiver_not_found: 404,
      tenant_not_found: 404,
      method_not_allowed: 405,
      job_not_waiting: 409,
      job_finished: 409,
      job_not_finished: 409,
      plan_not_found: 404,
      plan_over: 409,
      too_many_plans: 409,
      too_many_signing_secrets: 409,
      too_many_schedules: 409,
      too_many_queues: 409,
      blob_not_found: 404,
      length_required: 411,
      payload_too_large: 413,
      unsupported_media_type: 415,
      invalid_request: 422,
      unknown_type: 422,
      not_replayable: 422,
      batch_exceeds_burst: 422,
      batch_exceeds_backlog: 422,
      idempotency_key_reused: 422,
      refused: 422,
      internal_error: 500,
      not_configured: 501,
      rate_limited: 503,
      backlog_full: 503,
      overloaded: 503,
      storage_unavailable: 503,
    });
  });

  it.each(codes)("says of %s what it is and what to do", (code) => {
    const { status, title, advice }: ProblemKind = PROBLEMS[code];
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(title).toMatch(/^[A-Z][^.]*$/);
    expect(advice).toMatch(/\.$/);
  });
});

describe("SluiceError", () => {
  it.each(codes)("has the status of %s", (code) => {
    expect(new SluiceError(code, "why").status).toBe(PROBLEMS[code].status);
  });

  it("carries what a caller needs to act on it", () => {
    const limit: LimitHit = { name: "rate", max: 2, current: 2 };
    const error = new SluiceError("rate_limited", "too many", { retryAfterMs: 1_500, limit, cause: "why" });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: "SluiceError", message: "too many", status: 503, retryAfterMs: 1_500, limit });
    expect(error.cause).toBe("why");
  });
});

describe("invalidRequest", () => {
  const error = (n: number) => ({ pointer: `#/jobs/${n}`, detail: "is wrong", code: "custom" });

  it("says what is wrong first, and how much more is", () => {
    expect(invalidRequest([error(0)]).message).toBe("#/jobs/0: is wrong");
    expect(invalidRequest([error(0), error(1), error(2)])).toMatchObject({
      code: "invalid_request",
      message: "#/jobs/0: is wrong (and 2 more)",
      errors: [error(0), error(1), error(2)],
    });
  });

  it("tells at most fifty of them, and how many there are", () => {
    const all = invalidRequest(Array.from({ length: 1_000 }, (_, n) => error(n)));
    expect(all.errors).toHaveLength(50);
    expect(all.message).toBe("#/jobs/0: is wrong (and 999 more)");
  });
});
