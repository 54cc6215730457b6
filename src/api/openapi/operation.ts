import type { z } from "zod";
import type { ProblemCode } from "../../protocol/problem-codes.ts";
import type { HeaderName } from "./headers.ts";

export type Method = "GET" | "PUT" | "POST" | "PATCH" | "DELETE";

/** A route as the app knows it: "POST /v1/jobs/:id/cancel". */
export type RouteName = `${Method} /${string}`;

/** What a request carries. */
export interface RequestBody {
  readonly schema: z.ZodType;
  /** At least one, by a name. Each is a request as a caller might send it. */
  readonly examples: Readonly<Record<string, unknown>>;
  /** It may be left out. */
  readonly optional?: true;
  /** Default: `application/json`. */
  readonly contentType?: string;
}

/** What is answered when nothing is wrong. */
export interface Answer {
  readonly description: string;
  readonly schema?: z.ZodType;
  readonly example?: unknown;
  /** Instead of one, several, each by a name. */
  readonly examples?: Readonly<Record<string, unknown>>;
  /** Default: `application/json`. */
  readonly contentType?: string;
  readonly headers?: readonly HeaderName[];
}

/** What one route of the API takes and answers. Whom it lets through is told by its guard. */
export interface Operation {
  /** Unique, and stable: generated clients have it as the name of a method. */
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  /** Parameters, each with an example in its `meta`. */
  readonly path?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  readonly body?: RequestBody;
  /** By status. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** Beside those that go with the guard and the body: see `problemsOf`. */
  readonly problems?: readonly ProblemCode[];
}

/** The operations on one kind of resource. */
export interface Resource {
  readonly name: string;
  readonly description: string;
  readonly operations: Readonly<Record<RouteName, Operation>>;
}
