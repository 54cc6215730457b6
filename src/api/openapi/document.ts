import type { Hono } from "hono";
import { createDocument, type ZodOpenApiOperationObject } from "zod-openapi";
import { PROBLEMS, type ProblemCode } from "../../protocol/problem-codes.ts";
import { type Guard, guardOf } from "../guards.ts";
import { type HeaderName, RESPONSE_HEADERS } from "./headers.ts";
import type { Answer, Operation, RequestBody } from "./operation.ts";
import { headersOfProblems, problemExamples, problemSchema, problemsOf } from "./problems.ts";
import { OPERATIONS, RESOURCES } from "./resources.ts";

type Document = ReturnType<typeof createDocument>;
type Responses = ZodOpenApiOperationObject["responses"];

/**
 * The OpenAPI 3.1 document of an app: its operations, each with the scope that the route's guard asks for.
 * @throws Error when an operation has no route
 */
export function openApiDocument(app: Pick<Hono, "routes">, version: string): Document {
  const guards = guardsOf(app);
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const { name, operations } of RESOURCES) {
    for (const [route, operation] of Object.entries(operations)) {
      const [method = "", path = ""] = route.split(" ");
      if (!guards.has(route)) throw new Error(`There is no route ${route}`);
      const described = describe(operation, guards.get(route));
      const at = (paths[path.replaceAll(/:(\w+)/g, "{$1}")] ??= {});
      at[method.toLowerCase()] = { ...described, tags: [name] };
    }
  }
  return createDocument(
    {
      openapi: "3.1.0",
      info: {
        title: "Sluice",
        version,
        description: "An edge-native job queue. Every problem has a stable `code`, and a `type` that can be opened.",
        license: { name: "MIT", url: "https://spdx.org/licenses/MIT.html" },
      },
      servers: [{ url: "/", description: "Where this document is served." }],
      tags: RESOURCES.map(({ name, description }) => ({ name, description })),
      paths,
      components: {
        securitySchemes: {
          apiKey: {
            type: "http",
            scheme: "bearer",
            description: "A tenant's key, `slk_…`, with the scope that is named.",
          },
          operatorToken: { type: "http", scheme: "bearer", description: "`SLUICE_ADMIN_TOKEN` of the deployment." },
        },
        responses: problemResponses(guards),
        examples: problemExamples(),
        headers: Object.fromEntries(
          Object.entries(RESPONSE_HEADERS).map(([name, header]) => [name, { ...header, schema: { type: "string" } }]),
        ),
      },
    },
    {
      override: ({ jsonSchema, io }) => {
        // Every integer is one that JSON can hold.
        if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
        if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
        // A client made today must take what a later version adds.
        if (io === "output" && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
        // The format says it, in less than 400 characters.
        if (jsonSchema.format === "date-time" || jsonSchema.format === "uuid") delete jsonSchema.pattern;
      },
    },
  );
}

/** The routes of an app by their names, each with whom its first handler lets through. */
export function guardsOf({ routes }: Pick<Hono, "routes">): Map<string, Guard | undefined> {
  const guards = new Map<string, Guard | undefined>();
  for (const { method, path, handler } of routes) {
    const name = `${method} ${path}`;
    if (method !== "ALL" && !guards.has(name)) guards.set(name, guardOf(handler));
  }
  return guards;
}

function describe(operation: Operation, guard: Guard | undefined): ZodOpenApiOperationObject {
  const { id, summary, description, path, query, headers, body } = operation;
  return {
    operationId: id,
    summary,
    ...(description !== undefined && { description }),
    security: securityOf(guard),
    requestParams: {
      ...(path !== undefined && { path }),
      ...(query !== undefined && { query }),
      ...(headers !== undefined && { header: headers }),
    },
    ...(body !== undefined && { requestBody: bodyOf(body) }),
    responses: { ...answersOf(operation), ...problemRefs(operation, guard) },
  };
}

// OpenAPI 3.1 lets every kind of security name roles: here, the scope of the key.
function securityOf(guard: Guard | undefined): Record<string, string[]>[] {
  if (guard === undefined) return [];
  return guard === "operator" ? [{ operatorToken: [] }] : [{ apiKey: [guard] }];
}

function bodyOf({ schema, examples, optional, contentType = "application/json" }: RequestBody) {
  const named = Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, { value }]));
  return { required: optional !== true, content: { [contentType]: { schema, examples: named } } };
}

function answersOf({ answers }: Operation): Responses {
  return Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, answerOf(answer)]));
}

function answerOf({ description, schema, example, contentType = "application/json", headers = [] }: Answer) {
  return {
    description,
    headers: headerRefs(headers),
    ...(schema !== undefined && {
      content: { [contentType]: { schema, ...(example !== undefined && { example }) } },
    }),
  };
}

/** The problems of an operation by their statuses; what many have alike stands once among the components. */
function problemRefs(operation: Operation, guard: Guard | undefined): Responses {
  const alike = Map.groupBy(problemsOf(operation, guard), (code) => PROBLEMS[code].status);
  return Object.fromEntries(
    [...alike].map(([status, codes]) => [status, { $ref: `#/components/responses/${codes.join(".")}` }]),
  );
}

/** Each set of problems that any operation answers with one status. */
function problemResponses(guards: ReadonlyMap<string, Guard | undefined>) {
  const all = Object.entries(OPERATIONS).flatMap(([route, operation]) => [
    ...Map.groupBy(problemsOf(operation, guards.get(route)), (code) => PROBLEMS[code].status),
  ]);
  return Object.fromEntries(all.map(([, codes]) => [codes.join("."), problemResponse(codes)]));
}

function problemResponse(codes: readonly ProblemCode[]) {
  const examples = Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }]));
  return {
    description: codes.map((code) => `\`${code}\``).join(", "),
    headers: headerRefs(headersOfProblems(codes)),
    content: { "application/problem+json": { schema: problemSchema, examples } },
  };
}

function headerRefs(names: readonly HeaderName[]): Record<string, { $ref: string }> {
  return Object.fromEntries(["Request-Id", ...names].map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}
