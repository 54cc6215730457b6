import { expect } from "vitest";
import { guardsOf } from "../../src/api/openapi/document.ts";
import { type HeaderName, RESPONSE_HEADERS } from "../../src/api/openapi/headers.ts";
import { headersOfProblems, problemSchema, problemsOf } from "../../src/api/openapi/problems.ts";
import { OPERATIONS } from "../../src/api/openapi/resources.ts";
import type { Answer } from "./api.ts";
import worker from "./worker.ts";

const guards = guardsOf(worker.app);
const routes = Object.keys(OPERATIONS).map((name) => {
  const [method = "", path = ""] = name.split(" ");
  return { name, method, pattern: new RegExp(`^${path.replaceAll(/:\w+/g, "[^/]+")}$`) };
});

/** Expects an answer of the API to be what the OpenAPI document says of its route, to the last field and header. */
export function expectDocumented(method: string, path: string, answer: Answer): void {
  const { pathname } = new URL(path, "https://sluice.test");
  const route = routes.find((one) => one.method === method && one.pattern.test(pathname));
  const operation = route && OPERATIONS[route.name];
  if (operation === undefined || isOfNoRoute(answer)) return;
  const where = `${route?.name} answered ${answer.status} ${JSON.stringify(answer.body)?.slice(0, 500)}`;
  if (answer.headers.get("content-type") === "application/problem+json") {
    const { code } = problemSchema.parse(answer.body);
    expect(problemsOf(operation, guards.get(route?.name ?? "")), where).toContain(code);
    return expectHeaders(answer, headersOfProblems([code]), where);
  }
  const documented = operation.answers[answer.status];
  if (documented === undefined) throw new Error(`Not documented: ${where}`);
  const { schema, contentType = "application/json", headers = [] } = documented;
  if (schema === undefined) expect(answer.body, where).toBe("");
  else if (contentType === "application/json") expect(schema.safeParse(answer.body).error, where).toBeUndefined();
  expectHeaders(answer, headers, where);
}

// A path that is like a route's and is none, as another method's.
function isOfNoRoute({ body }: Answer): boolean {
  return body?.code === "not_found" || body?.code === "method_not_allowed";
}

function expectHeaders({ headers }: Answer, documented: readonly HeaderName[], where: string): void {
  const present = Object.keys(RESPONSE_HEADERS).filter((name) => headers.has(name));
  expect(["Request-Id", ...documented], where).toEqual(expect.arrayContaining(present));
}
