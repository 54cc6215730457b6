import type { Hono } from "hono";
import { createDocument, type ZodOpenApiOperationObject } from "zod-openapi";
import { PROBLEMS, type ProblemCode } from "../../protocol/problem-codes.ts";
import { admitsReaders, type Guard, guardOf } from "../guards.ts";
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
  const readable = readableRoutes(app);
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const { name, operations } of RESOURCES) {
    for (const [route, operation] of Object.entries(operations)) {
      const [method = "", path = ""] = route.split(" ");
      if (!guards.has(route)) throw new Error(`There is no route ${route}`);
      const described = describe(operation, guards.get(route), readable.has(route));
      const at = (paths[path.replaceAll(/:(\w+)/g, "{$1}")] ??= {});
      at[method.toLowerCase()] = { ...described, tags: [name] };
    }
  }
  const document = createDocument(
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
          readToken: {
            type: "http",
            scheme: "bearer",
            description: "An end user's token, `slr_…`, which reads one job for 15 minutes.",
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
  return JSON.parse(JSON.stringify(document), ownWords) as Document;
}

// What a schema repeats beside its reference, no override gets at: only its own words stay.
function ownWords(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("$ref" in value)) return value;
  const kept = Object.entries(value).filter(([key]) => key === "$ref" || key === "description" || key === "default");
  return Object.fromEntries(kept);
}

/**
 * The routes of an app by their names, each with whom its first handler lets through. What answers all below a path is
 * none, but a page.
 */
export function guardsOf({ routes }: Pick<Hono, "routes">): Map<string, Guard | undefined> {
  const guards = new Map<string, Guard | undefined>();
  for (const { method, path, handler } of routes) {
    const name = `${method} ${path}`;
    if (method === "ALL" || path.includes("*") || guards.has(name)) continue;
    guards.set(name, guardOf(handler));
  }
  return guards;
}

/** The routes that a read token opens too. */
function readableRoutes({ routes }: Pick<Hono, "routes">): Set<string> {
  const readable = routes.filter(({ handler }) => admitsReaders(handler));
  return new Set(readable.map(({ method, path }) => `${method} ${path}`));
}

function describe(operation: Operation, guard: Guard | undefined, isReadable: boolean): ZodOpenApiOperationObject {
  const { id, summary, description, path, query, headers, body } = operation;
  return {
    operationId: id,
    summary,
    ...(description !== undefined && { description }),
    security: [...securityOf(guard), ...(isReadable ? [{ readToken: [] }] : [])],
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
  return { required: optional !== true, content: { [contentType]: { schema, examples: named(examples) } } };
}

function named(examples: Readonly<Record<string, unknown>>): Record<string, { value: unknown }> {
  return Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, { value }]));
}

function answersOf({ answers }: Operation): Responses {
  return Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, answerOf(answer)]));
}

function answerOf(answer: Answer) {
  const { description, schema, example, examples, contentType = "application/json", headers = [] } = answer;
  const shown = { ...(example !== undefined && { example }), ...(examples && { examples: named(examples) }) };
  return {
    description,
    headers: headerRefs(headers),
    ...(schema !== undefined && { content: { [contentType]: { schema, ...shown } } }),
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
