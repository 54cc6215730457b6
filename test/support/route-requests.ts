import type { z } from "zod";
import { guardsOf } from "../../src/api/openapi/document.ts";
import { REPORT } from "../../src/api/openapi/examples.ts";
import { OPERATIONS } from "../../src/api/openapi/resources.ts";
import worker from "./worker.ts";

/** What a caller who means well sends to a route, as the OpenAPI document has it. */
export interface RouteRequest {
  /** "METHOD /path" */
  readonly name: string;
  readonly isOperators: boolean;
  /** For the parameters of the path, in their order. */
  readonly path: readonly string[];
  readonly query: Readonly<Record<string, string>>;
  /** Undefined: the route takes none. */
  readonly bodies: readonly unknown[];
}

/** An example for each route of the API. */
export function routeRequests(): RouteRequest[] {
  const guards = guardsOf(worker.app);
  return Object.entries(OPERATIONS).map(([name, { path, query, body }]) => ({
    name,
    isOperators: guards.get(name) === "operator",
    path: Object.values(examplesOf(path)),
    query: examplesOf(query),
    bodies: body === undefined ? [undefined] : Object.values(body.examples).map(ofAnyPayload),
  }));
}

function examplesOf(parameters: z.ZodObject | undefined): Record<string, string> {
  const named = Object.entries(parameters?.shape ?? {});
  return Object.fromEntries(named.map(([name, schema]) => [name, exampleOf(schema as z.ZodType)]));
}

function exampleOf(schema: z.ZodType): string {
  const { example = "x" } = (schema.meta() ?? {}) as { example?: string | number };
  return String(example);
}

// So that no example fails for its payload's sake alone.
function ofAnyPayload(example: unknown): unknown {
  return JSON.parse(JSON.stringify(example).replaceAll(`"${REPORT.type}"`, '"noop"'));
}
