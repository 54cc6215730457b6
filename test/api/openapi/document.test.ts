import { describe, expect, it } from "vitest";
import { version } from "../../../package.json";
import { builtModule } from "../../../src/api/openapi/built-module.ts";
import { guardsOf, openApiDocument } from "../../../src/api/openapi/document.ts";
import { problemsOf } from "../../../src/api/openapi/problems.ts";
import { OPERATIONS } from "../../../src/api/openapi/resources.ts";
import { PROBLEMS } from "../../../src/protocol/problem-codes.ts";
import worker from "../../support/worker.ts";

const guards = guardsOf(worker.app);
const operations = Object.entries(OPERATIONS).map(([route, operation]) => ({ route, operation }));

describe("the OpenAPI document", () => {
  it("is the one that the Worker serves: `npm run openapi` writes it anew", async () => {
    const document = openApiDocument(worker.app, version);
    await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot("../../../src/api/openapi.json");
    await expect(await builtModule(document)).toMatchFileSnapshot("../../../src/api/pages/built.ts");
  });

  it("describes every route, and no other", () => {
    expect([...guards.keys()].toSorted()).toEqual(operations.map(({ route }) => route).toSorted());
  });

  it("names the scope of every route below /v1", () => {
    const open = operations.filter(({ route }) => guards.get(route) === undefined).map(({ route }) => route);
    expect(open.filter((route) => route.includes(" /v1/"))).toEqual([]);
    const { paths = {} } = openApiDocument(worker.app, version);
    expect(paths["/v1/jobs"]?.post?.security).toEqual([{ apiKey: ["jobs:write"] }]);
    expect(paths["/v1/jobs/{id}"]?.get?.security).toEqual([{ apiKey: ["jobs:read"] }, { readToken: [] }]);
    expect(paths["/v1/tenants"]?.get?.security).toEqual([{ operatorToken: [] }]);
    expect(paths["/healthz"]?.get?.security).toEqual([]);
  });

  it("gives each operation a name of its own", () => {
    const ids = operations.map(({ operation }) => operation.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("says of every problem which operations answer with it, but for a wrong method", () => {
    const told = new Set(operations.flatMap(({ route, operation }) => problemsOf(operation, guards.get(route))));
    expect(Object.keys(PROBLEMS).filter((code) => !told.has(code as never))).toEqual(["method_not_allowed"]);
  });
});

describe.each(operations)("$route", ({ route, operation: { path, query, headers, body, answers } }) => {
  it("has an example of everything in its path, and of each query parameter that is not optional", () => {
    expect(Object.keys(path?.shape ?? {})).toEqual(Array.from(route.matchAll(/:(\w+)/g), ([, name]) => name));
    const required = [path, query].flatMap((one) => Object.values(one?.shape ?? {}));
    for (const schema of required.filter((one) => !one.safeParse(undefined).success)) {
      expect(schema.meta()?.["example"]).toBeDefined();
    }
  });

  it("takes what its examples send", () => {
    for (const example of Object.values(body?.examples ?? {})) {
      if (body?.contentType === undefined) expect(body?.schema.safeParse(example).error).toBeUndefined();
    }
    const sent = Object.entries(query?.shape ?? {}).map(([name, schema]) => [name, schema.meta()?.["example"]]);
    expect(
      query?.partial().safeParse(Object.fromEntries(sent.filter(([name]) => name !== "limit"))).error,
    ).toBeUndefined();
    expect(headers?.safeParse({}).error).toBeUndefined();
  });

  it("answers what its examples show", () => {
    for (const { schema, example, examples, contentType } of Object.values(answers)) {
      const shown = examples === undefined ? [example] : Object.values(examples);
      if (schema === undefined || (contentType !== undefined && example === undefined)) continue;
      for (const one of shown) expect(schema.safeParse(one).error).toBeUndefined();
    }
  });
});
