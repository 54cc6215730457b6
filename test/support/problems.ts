import { expect } from "vitest";
import { PROBLEMS, type ProblemCode } from "../../src/protocol/problem-codes.ts";
import type { Answer } from "./api.ts";

/** Expects an answer to be this problem (RFC 9457), complete in every part, and returns its body. */
export function expectProblem(answer: Answer, code: ProblemCode): Answer["body"] {
  const { status, title } = PROBLEMS[code];
  expect(answer.body).toMatchObject({
    code,
    status,
    title,
    type: `https://sluice.test/problems/${code}`,
    detail: expect.stringMatching(/./),
    requestId: expect.stringMatching(/./),
  });
  expect(answer.status).toBe(status);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(answer.headers.get("Request-Id")).toBe(answer.body.requestId);
  return answer.body;
}
